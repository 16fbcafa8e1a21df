// The writer: ids wait in an unnamed file until the largest is known; commit puts them into the hole that
// image.cpp leaves, in a file that gets its name last.
#include <gistmill/formats/token_file.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>

#include "sdk/formats/token_file/image.hpp"
#include "sdk/formats/token_file/layout.hpp"

namespace gistmill::formats {
namespace {

namespace fs = std::filesystem;

// Runs `body`; what the system refuses in it becomes a WriteError.
template <class Body>
auto or_write_error(const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (const files::FileError& error) {
    throw WriteError(error.what() + (error.note.empty() ? "" : "; " + error.note));
  }
}

void read_whole(int file, void* data, std::size_t size, std::uint64_t at, const fs::path& path) {
  const files::Transferred got = files::read_at(file, data, size, at);
  if (got.bytes != size)
    throw files::FileError("read back what goes into", path, got.error == 0 ? EIO : got.error);
}

std::string_view bytes_of(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

}  // namespace

class TokenFileWriter::State {
 public:
  State(fs::path path, std::string provenance) : path_(std::move(path)), spool_(files::unnamed_file(path_)) {
    header_.provenance = std::move(provenance);
  }

  void append(const std::int32_t* tokens, std::size_t count, std::string_view name, std::int32_t split);
  void commit();

 private:
  void flush_spool();
  void copy_image(const Image& image, std::uint64_t begin, std::uint64_t end, files::NewFile& file) const;
  template <class Stored>
  void copy_ids(files::NewFile& file) const;

  fs::path path_;
  files::Descriptor spool_;            // ids as int32, those of pending_ not among them
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
  const files::Transferred put = files::write_at(
      spool_.get(), pending_.data(), pending_.size() * sizeof(std::int32_t), begin * sizeof(std::int32_t));
  if (put.error != 0) throw files::FileError("write", path_, put.error);
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
  files::NewFile file(path_);
  file.reserve(layout::size_bound(table_, header_.provenance.size(), header_.id_width));
  const Image image = make_image(table_, header_);
  copy_image(image, 0, image.ids_begin, file);
  header_.id_width == 2 ? copy_ids<std::uint16_t>(file) : copy_ids<std::uint32_t>(file);
  copy_image(image, image.ids_begin + image.ids_size, image.size, file);
  file.commit();
}

void TokenFileWriter::State::copy_image(const Image& image, std::uint64_t begin, std::uint64_t end,
                                        files::NewFile& file) const {
  std::vector<char> bytes(end - begin);
  read_whole(image.memory.get(), bytes.data(), bytes.size(), begin, path_);
  file.write(bytes_of(bytes.data(), bytes.size()));
}

// From the spool's four bytes an id to the file's two or four.
template <class Stored>
void TokenFileWriter::State::copy_ids(files::NewFile& file) const {
  std::vector<std::int32_t> ids;
  std::vector<Stored> stored;
  for (std::uint64_t done = 0; done < table_.offsets.back(); done += ids.size()) {
    ids.resize(std::min<std::uint64_t>(layout::kPiece, table_.offsets.back() - done));
    read_whole(spool_.get(), ids.data(), ids.size() * sizeof(std::int32_t), done * sizeof(std::int32_t),
               path_);
    stored.assign(ids.begin(), ids.end());
    file.write(bytes_of(stored.data(), stored.size() * sizeof(Stored)));
  }
}

TokenFileWriter::TokenFileWriter(fs::path path, std::string provenance) {
  if (!nlohmann::json::accept(provenance)) {
    throw FormatError("provenance is not JSON: " + printable(provenance));
  }
  state_ = or_write_error([&] { return std::make_unique<State>(std::move(path), std::move(provenance)); });
}

TokenFileWriter::~TokenFileWriter() = default;

void TokenFileWriter::append(const std::int32_t* tokens, std::size_t count, std::string_view name,
                             std::int32_t split) {
  if (!state_) throw FormatError("a document was appended after commit");
  or_write_error([&] { state_->append(tokens, count, name, split); });
}

void TokenFileWriter::commit() {
  if (!state_) throw FormatError("commit was called twice");
  or_write_error([&] { state_->commit(); });
  state_.reset();
}

}  // namespace gistmill::formats
