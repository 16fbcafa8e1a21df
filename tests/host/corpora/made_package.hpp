// Packages that a test makes, as apt and pip never would: with any names, links and sizes.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <string>
#include <vector>

namespace gistmill {

struct MadeMember {
  std::string name;
  std::string text;
  unsigned type = AE_IFREG;
  std::string link = "";            // target of a symbolic link
  std::string hard_link = "";       // name of another member
  std::int64_t declared_size = -1;  // of a tar header without contents; -1: the text's
};

// The bytes of an archive in the making, in memory.
class ArchiveBytes {
 public:
  explicit ArchiveBytes(int (*format)(archive*), int (*filter)(archive*)) : archive_(archive_write_new()) {
    format(archive_);
    filter(archive_);
    archive_write_set_bytes_in_last_block(archive_, 1);
    archive_write_open(archive_, &bytes_, nullptr, append, nullptr);
  }
  void add(const MadeMember& member) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, member.declared_size < 0 ? static_cast<std::int64_t>(member.text.size())
                                                           : member.declared_size);
    if (!member.link.empty()) archive_entry_set_symlink(entry, member.link.c_str());
    if (!member.hard_link.empty()) archive_entry_set_hardlink(entry, member.hard_link.c_str());
    archive_write_header(archive_, entry);
    archive_write_data(archive_, member.text.data(), member.text.size());
    archive_entry_free(entry);
  }
  std::string finish() {
    archive_write_free(archive_);
    return bytes_;
  }

 private:
  static la_ssize_t append(archive*, void* bytes, const void* data, std::size_t size) {
    static_cast<std::string*>(bytes)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  }
  std::string bytes_;
  archive* archive_;
};

inline std::string made_tar(const std::vector<MadeMember>& members, int (*filter)(archive*)) {
  ArchiveBytes tar(archive_write_set_format_gnutar, filter);
  for (const MadeMember& member : members) tar.add(member);
  return tar.finish();
}

inline std::string made_deb(const std::vector<MadeMember>& members,
                            const std::string& control = "Package: prose\nVersion: 1-1\nArchitecture: all\n",
                            int (*filter)(archive*) = archive_write_add_filter_xz) {
  ArchiveBytes deb(archive_write_set_format_ar_svr4, archive_write_add_filter_none);
  deb.add({"debian-binary", "2.0\n"});
  deb.add({"control.tar.xz", made_tar({{"./control", control}}, archive_write_add_filter_xz)});
  deb.add({"data.tar.xz", made_tar(members, filter)});
  return deb.finish();
}

inline std::string made_wheel(const std::vector<MadeMember>& members) {
  ArchiveBytes zip(archive_write_set_format_zip, archive_write_add_filter_none);
  for (const MadeMember& member : members) zip.add(member);
  return zip.finish();
}

}  // namespace gistmill
