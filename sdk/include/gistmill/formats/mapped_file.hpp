// A file as read-only memory, for as long as the object lives.
// Not a copy: a file that shrinks while mapped kills its reader, so readers take files that are never
// overwritten in place (stores and checkpoints appear by rename).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace gistmill::formats {

class MappedFile {
 public:
  // Throws FormatError where `path` is not a regular file or cannot be read.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::string_view bytes() const { return {data_, size_}; }
  std::size_t size() const { return size_; }

  // Gives back the memory of what was read so far; reading it again brings it back from the file. Any thread.
  void release_pages() const;

 private:
  const char* data_ = nullptr;  // null for an empty file
  std::size_t size_ = 0;
};

}  // namespace gistmill::formats
