// Reading and writing all that was asked for: one system call may move less, or be interrupted by a signal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <gistmill/files/descriptor.hpp>

namespace gistmill::files {

// What was moved. Fewer bytes than asked for without an error: the file ended.
struct Transferred {
  std::size_t bytes = 0;
  int error = 0;  // errno, or 0
};

// From where the file stands, or from byte `at` on.
Transferred read(int file, void* data, std::size_t size);
Transferred read_at(int file, void* data, std::size_t size, std::uint64_t at);
Transferred write(int file, std::string_view bytes);
Transferred write_at(int file, const void* data, std::size_t size, std::uint64_t at);

// Throws FileError.
Descriptor open_to_read(const std::filesystem::path& path);

// All bytes of a file, or of what is left of one; a pipe is read to its end. Throws FileError, with `name` in
// place of the path.
std::string read_all(const std::filesystem::path& path);
std::string read_all(int file, const std::filesystem::path& name);

}  // namespace gistmill::files
