#include "host/corpora/unpack.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

#include "host/corpora/helper_program.hpp"
#include "host/corpora/member_path.hpp"
#include "host/files/make_folders.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// The member's name in the corpus; "": it is none of it.
std::string name_in(const CatalogCorpus& corpus, const std::string& path) {
  const std::string before = corpus.folder.empty() ? "" : corpus.folder + "/";
  if (!path.starts_with(before)) return "";
  const std::string name = path.substr(before.size());
  const auto fits = [&](const std::string& pattern) { return matches(name, pattern); };
  if (!std::ranges::any_of(corpus.take, fits) || std::ranges::any_of(corpus.leave_out, fits)) return "";
  return corpus.reader.empty() ? name : path;
}

bool is_license(const CatalogCorpus& corpus, const std::string& path) {
  if (corpus.source == PackageSource::debian) return path == "usr/share/doc/" + corpus.package + "/copyright";
  return matches(path, "*.dist-info/LICENSE*") || matches(path, "*.dist-info/licenses/*");
}

// The file is new: a package that holds a name twice is refused by the system.
std::int64_t write_member(PackageMember& member, const fs::path& file, const std::function<bool()>& stopped) {
  make_folders(file.parent_path());
  files::Descriptor out(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!out.open()) throw files::FileError("make", file, errno);
  std::int64_t size = 0;
  member.read([&](std::string_view bytes) {
    if (stopped()) throw_stopped();
    const files::Transferred put = files::write(out.get(), bytes);
    if (put.error != 0) throw files::FileError("write", file, put.error);
    size += static_cast<std::int64_t>(bytes.size());
  });
  if (out.close() != 0) throw files::FileError("write", file, errno);
  return size;
}

}  // namespace

Unpacked unpack(const CatalogCorpus& corpus, const fs::path& package, const fs::path& folder,
                const PackageLimits& limits, const std::function<bool()>& stopped) {
  Unpacked unpacked;
  for_each_member(package, corpus.source, limits, [&](PackageMember& member) {
    if (stopped()) throw_stopped();
    if (const std::string name = name_in(corpus, member.path()); !name.empty()) {
      unpacked.bytes += write_member(member, folder / name, stopped);
      ++unpacked.files;
    } else if (is_license(corpus, member.path())) {
      write_member(member, folder / kLicenseFolder / fs::path(member.path()).filename(), stopped);
    }
  });
  return unpacked;
}

}  // namespace gistmill
