// mkdir under a temporary name, fsync, rename, fsync of the folder around.
#include <gistmill/files/new_folder.hpp>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>

#include "sdk/files/names.hpp"

namespace gistmill::files {
namespace {

namespace fs = std::filesystem;

bool is_taken(const fs::path& path) {
  std::error_code unknown;
  if (fs::is_directory(path, unknown) && fs::is_empty(path, unknown)) return false;
  return fs::exists(fs::symlink_status(path, unknown));
}

void remove_quietly(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace

NewFolder::NewFolder(fs::path path, Taken taken) : path_(std::move(path)), taken_(taken) {
  if (!path_.has_filename()) path_ = path_.parent_path();  // "out/" is "out"
  if (taken_ == Taken::refuse && is_taken(path_))
    throw FileError("make", path_, EEXIST, "give another name or remove it");
  std::error_code problem;
  fs::create_directories(folder_of(path_), problem);
  if (problem) fail("make", problem.value());
  make_temporary();
}

void NewFolder::make_temporary() {
  if (taken_ == Taken::replace) {
    temporary_ = folder_of(path_) / ("." + path_.filename().string() + ".tmp");
    remove_quietly(temporary_);
    if (::mkdir(temporary_.c_str(), 0777) == 0) return;
  } else {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      temporary_ = temporary_beside(path_);
      if (::mkdir(temporary_.c_str(), 0777) == 0) return;
      if (errno != EEXIST) break;
    }
  }
  temporary_.clear();
  fail("make", errno);
}

NewFolder::~NewFolder() {
  if (!temporary_.empty()) remove_quietly(temporary_);
}

std::string NewFolder::with_final_name(std::string text) const {
  const std::string& name = temporary_.native();
  if (name.empty()) return text;
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at))
    text.replace(at, name.size(), path_.native());
  return text;
}

void NewFolder::commit() {
  if (const int error = sync_folder(temporary_); error != 0) fail("make durable", error);
  if (const int error = put_in_place(); error != 0) fail("give its name to", error);
  temporary_.clear();
  if (const int error = sync_folder(folder_of(path_)); error != 0) fail("make durable", error);
}

// 0 or an error number.
int NewFolder::put_in_place() {
  if (::rename(temporary_.c_str(), path_.c_str()) == 0) return 0;
  const bool in_the_way = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
  if (taken_ == Taken::refuse || !in_the_way) return errno;
  // The old folder stands until the new one has its name; the old one then has the temporary name.
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) != 0) {
    if (errno != EINVAL && errno != ENOSYS) return errno;
    remove_quietly(path_);  // a file system that cannot exchange names
    return ::rename(temporary_.c_str(), path_.c_str()) == 0 ? 0 : errno;
  }
  remove_quietly(temporary_);
  return 0;
}

void NewFolder::fail(const char* action, int error) const { throw FileError(action, path_, error); }

}  // namespace gistmill::files
