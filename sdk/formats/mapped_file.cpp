// POSIX mmap behind MappedFile.
#include <gistmill/formats/mapped_file.hpp>

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/error.hpp>
#include <gistmill/formats/error.hpp>

namespace gistmill::formats {

MappedFile::MappedFile(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO by mistake must not hang; it has no effect on regular files.
  const files::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const auto fail = [&](const std::string& problem) { throw FormatError(path.string() + ": " + problem); };
  struct stat info {};
  if (!file.open() || ::fstat(file.get(), &info) != 0) fail("cannot open: " + files::error_text(errno));
  if (!S_ISREG(info.st_mode)) fail("cannot map: not a regular file");
  if (info.st_size == 0) return;
  const auto size = static_cast<std::size_t>(info.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) fail("cannot map: " + files::error_text(errno));
  data_ = static_cast<const char*>(memory);
  size_ = size;
}

void MappedFile::release_pages() const {
  // Advice: where the kernel does not take it, the pages stay, and nothing is wrong.
  if (data_ != nullptr) ::madvise(const_cast<char*>(data_), size_, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace gistmill::formats
