#include "host/corpora/package.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include <gistmill/text/shown.hpp>

#include "host/corpora/member_path.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 1 << 16;
constexpr std::size_t kLongestControl = 1 << 20;

struct Freed {
  void operator()(archive* opened) const { archive_read_free(opened); }
};
using Archive = std::unique_ptr<archive, Freed>;

// One archive, or an archive in another, with the package's name for messages.
class Reader {
 public:
  explicit Reader(const fs::path& package) : package_(package), archive_(archive_read_new()) {}

  archive* get() const { return archive_.get(); }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Failure(ExitCode::failed, fmt::format("{} {}", package_.string(), what),
                  {"fetch it again; nothing of it was kept"});
  }
  // A warning is about what is not used here: owners, times.
  void check(la_ssize_t status) const {
    if (status >= ARCHIVE_WARN) return;
    const char* said = archive_error_string(get());
    refuse(fmt::format("is no whole package: {}", said == nullptr ? "unknown reason" : said));
  }
  void open_file() { check(archive_read_open_filename(get(), package_.c_str(), kBlock)); }

  // Null at the end.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(get(), &entry);
    if (status == ARCHIVE_EOF) return nullptr;
    check(status);
    return entry;
  }

 private:
  fs::path package_;
  Archive archive_;
};

std::string name_of(archive_entry* entry) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  return name == nullptr ? "" : name;
}

// The bytes of the outer archive's entry, as the input of the inner one.
struct Nested {
  archive* outer;
  std::vector<char> block = std::vector<char>(kBlock);

  static la_ssize_t read(archive* inner, void* self, const void** bytes) {
    auto& nested = *static_cast<Nested*>(self);
    *bytes = nested.block.data();
    const la_ssize_t size = archive_read_data(nested.outer, nested.block.data(), nested.block.size());
    if (size < 0)
      archive_set_error(inner, archive_errno(nested.outer), "%s", archive_error_string(nested.outer));
    return size;
  }
};

class Member : public PackageMember {
 public:
  Member(Reader& reader, std::string path, std::uint64_t most)
      : reader_(reader), path_(std::move(path)), most_(most) {}

  const std::string& path() const override { return path_; }
  void read(const std::function<void(std::string_view)>& take) override {
    std::vector<char> block(kBlock);
    std::uint64_t read = 0;
    for (;;) {
      const la_ssize_t size = archive_read_data(reader_.get(), block.data(), block.size());
      reader_.check(size);
      if (size <= 0) break;
      read += static_cast<std::uint64_t>(size);
      if (read > most_)
        reader_.refuse(fmt::format("holds {} of more than {}", path_, text::bytes_text(most_)));
      take({block.data(), static_cast<std::size_t>(size)});
    }
  }

 private:
  Reader& reader_;
  std::string path_;
  std::uint64_t most_;  // bytes
};

void each_member(Reader& reader, const PackageLimits& limits,
                 const std::function<void(PackageMember&)>& take) {
  std::uint64_t count = 0, all = 0;
  while (archive_entry* entry = reader.next()) {
    if (++count > limits.members) reader.refuse(fmt::format("holds more than {} members", limits.members));
    // As the headers say: what is passed over is unpacked too, up to there.
    const std::int64_t size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
    all += static_cast<std::uint64_t>(std::max<std::int64_t>(size, 0));
    if (size > static_cast<std::int64_t>(limits.all) || all > limits.all)
      reader.refuse(fmt::format("holds more than {} when it is unpacked", text::bytes_text(limits.all)));
    const std::string path = member_path(name_of(entry));
    if (path.empty())
      reader.refuse(fmt::format("holds a name that no package should have: '{}'",
                                text::printable(name_of(entry)).substr(0, 200)));
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) continue;
    Member member(reader, path, limits.member);
    take(member);
  }
}

// A .deb is an ar of debian-binary, control.tar.* and data.tar.*.
void each_in_part(const fs::path& package, std::string_view part, const PackageLimits& limits,
                  const std::function<void(PackageMember&)>& take) {
  Reader outer(package);
  archive_read_support_format_ar(outer.get());
  outer.open_file();
  while (archive_entry* entry = outer.next()) {
    if (!name_of(entry).starts_with(part)) continue;
    Nested nested{outer.get()};
    Reader inner(package);
    archive_read_support_filter_all(inner.get());
    archive_read_support_format_tar(inner.get());
    inner.check(archive_read_open(inner.get(), &nested, nullptr, Nested::read, nullptr));
    each_member(inner, limits, take);
    return;
  }
  outer.refuse(fmt::format("has no {}*, so it is no Debian package", part));
}

std::string field_of(std::string_view control, std::string_view key) {
  for (std::size_t at = 0; at < control.size();) {
    const std::size_t end = std::min(control.find('\n', at), control.size());
    const std::string_view line = control.substr(at, end - at);
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ':') {
      const std::size_t from = line.find_first_not_of(' ', key.size() + 1);
      return from == std::string_view::npos ? "" : std::string(line.substr(from));
    }
    at = end + 1;
  }
  return "";
}

}  // namespace

std::string PackageMember::read_all() {
  std::string text;
  read([&](std::string_view bytes) { text += bytes; });
  return text;
}

void for_each_member(const fs::path& package, PackageSource source, const PackageLimits& limits,
                     const std::function<void(PackageMember&)>& take) {
  if (source == PackageSource::debian) return each_in_part(package, "data.tar", limits, take);
  Reader reader(package);
  archive_read_support_format_zip(reader.get());
  reader.open_file();
  each_member(reader, limits, take);
}

DebianControl read_control(const fs::path& package) {
  DebianControl control;
  const PackageLimits limits{.members = 1000, .member = kLongestControl, .all = std::uint64_t{1} << 28};
  each_in_part(package, "control.tar", limits, [&](PackageMember& member) {
    if (member.path() != "control") return;
    const std::string text = member.read_all();
    control = {field_of(text, "Package"), field_of(text, "Version"), field_of(text, "Architecture")};
  });
  return control;
}

}  // namespace gistmill
