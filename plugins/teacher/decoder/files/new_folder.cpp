#include "plugins/teacher/decoder/files/new_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <gistmill/formats/mapped_file.hpp>
#include <gistmill/plugin/values.hpp>

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

fs::path parent_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

// 0 or an error number. Some network file systems cannot sync a folder and say so.
int sync_folder(const fs::path& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return errno;
  return ::fsync(folder.get()) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
}

}  // namespace

NewFolder::NewFolder(fs::path path, std::string key) : path_(std::move(path)), key_(std::move(key)) {
  if (!path_.has_filename()) path_ = path_.parent_path();  // "out/" is "out"
  std::error_code failure;
  const bool empty_folder = fs::is_directory(path_, failure) && fs::is_empty(path_, failure);
  if (!empty_folder && fs::exists(fs::symlink_status(path_, failure))) {
    throw Error(GM_ERROR_USER, path_.string() + ": exists already; give another name or remove it", key_);
  }
  for (int attempt = 0;; ++attempt) {
    temporary_ = path_.string() + ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
    if (::mkdir(temporary_.c_str(), 0777) == 0) return;
    if (errno != EEXIST) {
      temporary_.clear();
      fail("cannot be created", errno);
    }
  }
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void NewFolder::fail(const std::string& what, int error) const {
  throw Error(GM_ERROR_UNAVAILABLE, path_.string() + ": " + what + ": " + std::strerror(error), key_);
}

void NewFolder::write(const std::string& name, const std::function<void(const Sink&)>& produce) {
  const Descriptor file(::open((temporary_ / name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) fail(name + " cannot be created", errno);
  produce([&](const void* data, std::size_t size) {
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t put = ::write(file.get(), at, size);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail(name + " cannot be written", errno);
      at += put;
      size -= static_cast<std::size_t>(put);
    }
  });
  if (::fsync(file.get()) != 0) fail(name + " cannot be written", errno);
}

void NewFolder::write(const std::string& name, std::string_view text) {
  write(name, [&](const Sink& sink) { sink(text.data(), text.size()); });
}

bool NewFolder::copy(const fs::path& from, const std::string& name) {
  if (!fs::is_regular_file(from / name)) return false;
  const formats::MappedFile file(from / name);
  write(name, file.bytes());
  return true;
}

void NewFolder::finish() {
  if (const int error = sync_folder(temporary_); error != 0) fail("cannot be made durable", error);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot be given its name", errno);
  temporary_.clear();
  if (const int error = sync_folder(parent_of(path_)); error != 0) fail("cannot be made durable", error);
}

}  // namespace gistmill::decoder
