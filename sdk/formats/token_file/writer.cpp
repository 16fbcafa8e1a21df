// The writer: ids wait in an unnamed file until the largest is known; commit puts them into the hole that
// image.cpp leaves, in a file that gets its name last.
#include <gistmill/formats/token_file.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "sdk/formats/token_file/descriptor.hpp"
#include "sdk/formats/token_file/image.hpp"
#include "sdk/formats/token_file/layout.hpp"

namespace gistmill::formats {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& what, int error) {
  throw WriteError("cannot write '" + path.string() + "': " + what + ": " + std::strerror(error));
}

void write_all(int fd, const void* data, std::size_t size, std::uint64_t at, const fs::path& path) {
  const char* bytes = static_cast<const char*>(data);
  for (std::size_t done = 0; done < size;) {
    const ssize_t written = ::pwrite(fd, bytes + done, size - done, static_cast<off_t>(at + done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "cannot write its bytes", errno);
    done += static_cast<std::size_t>(written);
  }
}

void read_all(int fd, void* data, std::size_t size, std::uint64_t at, const fs::path& path) {
  char* bytes = static_cast<char*>(data);
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::pread(fd, bytes + done, size - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail(path, "cannot read back what it will hold", got < 0 ? errno : EIO);
    done += static_cast<std::size_t>(got);
  }
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// A new file beside `target`, removed unless it was given the target's name.
class Unfinished {
 public:
  explicit Unfinished(const fs::path& target) {
    for (int attempt = 0; file_.get() < 0; ++attempt) {
      name_ = target.string() + ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
      file_ = Descriptor(::open(name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
      if (file_.get() < 0 && errno != EEXIST) fail(target, "cannot create a file in its folder", errno);
    }
  }
  ~Unfinished() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  int get() const { return file_.get(); }

  // Durable and visible under the target's name.
  void finish(const fs::path& target) {
    if (::fsync(file_.get()) != 0) fail(target, "cannot make it durable", errno);
    if (::rename(name_.c_str(), target.c_str()) != 0) fail(target, "cannot give it its name", errno);
    name_.clear();
    const Descriptor folder(::open(folder_of(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) fail(target, "cannot make its name durable", errno);
  }

  // The open file without a name.
  Descriptor unlinked() && {
    ::unlink(name_.c_str());
    name_.clear();
    return std::move(file_);
  }

 private:
  std::string name_;
  Descriptor file_;
};

// A file without a name in the target's folder: gone when closed, whatever happens to the process.
Descriptor open_spool(const fs::path& target) {
  Descriptor file(::open(folder_of(target).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() >= 0) return file;
  if (errno != EOPNOTSUPP && errno != EISDIR) fail(target, "cannot create a file in its folder", errno);
  return Unfinished(target).unlinked();  // a file system that has no unnamed files
}

}  // namespace

class TokenFileWriter::State {
 public:
  State(fs::path path, std::string provenance) : path_(std::move(path)), spool_(open_spool(path_)) {
    header_.provenance = std::move(provenance);
  }

  void append(const std::int32_t* tokens, std::size_t count, std::string_view name, std::int32_t split);
  void commit();

 private:
  void flush_spool();
  void copy_around_ids(const Image& image, int file) const;
  template <class Stored>
  void copy_ids(std::uint64_t begin, int file) const;

  fs::path path_;
  Descriptor spool_;                   // ids as int32, those of pending_ not among them
  std::vector<std::int32_t> pending_;  // the last ids
  layout::Table table_;
  Sha256 ids_sha_;
  Header header_;  // the digest is empty until commit
};

void TokenFileWriter::State::append(const std::int32_t* tokens, std::size_t count, std::string_view name,
                                    std::int32_t split) {
  if (split != kTrainSplit && split != kValidationSplit) {
    throw FormatError("split of document " + printable(name) + " is " + std::to_string(split) +
                      " when it should be 0 (train) or 1 (validation)");
  }
  if (name.size() > layout::kLongestName) {
    throw FormatError("name " + printable(name) + " has " + std::to_string(name.size()) +
                      " bytes when at most " + std::to_string(layout::kLongestName) + " are kept");
  }
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (tokens[i] < 0) {
      throw FormatError("token " + std::to_string(i) + " of document " + printable(name) + " is " +
                        std::to_string(tokens[i]) + " when ids are not negative");
    }
    largest = std::max(largest, tokens[i]);
  }
  header_.largest = std::max(header_.largest, static_cast<std::uint32_t>(largest));
  layout::hash_ids(ids_sha_, tokens, count);
  pending_.insert(pending_.end(), tokens, tokens + count);
  table_.offsets.push_back(table_.offsets.back() + count);
  table_.splits.push_back(static_cast<std::uint8_t>(split));
  table_.names.emplace_back(name);
  if (pending_.size() >= layout::kPiece) flush_spool();
}

// At a place of its own, so that a second attempt overwrites what a failed one left.
void TokenFileWriter::State::flush_spool() {
  const std::uint64_t begin = table_.offsets.back() - pending_.size();
  write_all(spool_.get(), pending_.data(), pending_.size() * sizeof(std::int32_t),
            begin * sizeof(std::int32_t), path_);
  pending_.clear();
}

void TokenFileWriter::State::commit() {
  if (table_.offsets.back() == 0) {
    throw FormatError("nothing to write to '" + path_.string() + "': " + std::to_string(table_.names.size()) +
                      " documents with no token among them");
  }
  flush_spool();
  if (header_.digest.empty()) header_.digest = layout::file_digest(table_, ids_sha_.hex());
  header_.id_width = header_.largest < layout::kNarrowIds ? 2 : 4;

  // Space first: HDF5 meets the user's limit for files too, and so the file lies in one piece.
  Unfinished file(path_);
  const std::uint64_t expected = layout::size_bound(table_, header_.provenance.size(), header_.id_width);
  if (const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(expected)); error != 0) {
    fail(path_, "it needs " + std::to_string(expected) + " bytes", error);
  }
  const Image image = make_image(table_, header_);
  if (::ftruncate(file.get(), static_cast<off_t>(image.size)) != 0) fail(path_, "cannot set its size", errno);
  copy_around_ids(image, file.get());
  header_.id_width == 2 ? copy_ids<std::uint16_t>(image.ids_begin, file.get())
                        : copy_ids<std::uint32_t>(image.ids_begin, file.get());
  file.finish(path_);
}

void TokenFileWriter::State::copy_around_ids(const Image& image, int file) const {
  const std::uint64_t ids_end = image.ids_begin + image.ids_size;
  std::vector<char> bytes(std::max(image.ids_begin, image.size - ids_end));
  const auto copy = [&](std::uint64_t begin, std::uint64_t end) {
    read_all(image.memory.get(), bytes.data(), end - begin, begin, path_);
    write_all(file, bytes.data(), end - begin, begin, path_);
  };
  copy(0, image.ids_begin);
  copy(ids_end, image.size);
}

// From the spool's four bytes an id to the file's two or four.
template <class Stored>
void TokenFileWriter::State::copy_ids(std::uint64_t begin, int file) const {
  std::vector<std::int32_t> ids;
  std::vector<Stored> stored;
  for (std::uint64_t done = 0; done < table_.offsets.back(); done += ids.size()) {
    ids.resize(std::min<std::uint64_t>(layout::kPiece, table_.offsets.back() - done));
    read_all(spool_.get(), ids.data(), ids.size() * sizeof(std::int32_t), done * sizeof(std::int32_t), path_);
    stored.assign(ids.begin(), ids.end());
    write_all(file, stored.data(), stored.size() * sizeof(Stored), begin + done * sizeof(Stored), path_);
  }
}

TokenFileWriter::TokenFileWriter(fs::path path, std::string provenance) {
  if (!nlohmann::json::accept(provenance)) {
    throw FormatError("provenance is not JSON: " + printable(provenance));
  }
  state_ = std::make_unique<State>(std::move(path), std::move(provenance));
}

TokenFileWriter::~TokenFileWriter() = default;

void TokenFileWriter::append(const std::int32_t* tokens, std::size_t count, std::string_view name,
                             std::int32_t split) {
  if (!state_) throw FormatError("a document was appended after commit");
  state_->append(tokens, count, name, split);
}

void TokenFileWriter::commit() {
  if (!state_) throw FormatError("commit was called twice");
  state_->commit();
  state_.reset();
}

}  // namespace gistmill::formats
