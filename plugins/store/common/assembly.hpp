// A prepared file out of what HDF5 made in memory and columns whose bytes wait elsewhere: each column leaves
// a hole in the image (formats/hdf5.hpp), which is filled on the way to the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gistmill/formats/hdf5.hpp>

namespace gistmill::store {

// The next bytes, in order.
using Take = std::function<void(const void* data, std::size_t size)>;

struct Hole {
  std::uint64_t at = 0;                        // where it begins
  std::function<void(const Take& take)> fill;  // gives all of its bytes
};

// Exactly `size` bytes from `at` on of a file that waits to be part of `path`. Throws files::FileError.
void read_whole(int file, void* data, std::size_t size, std::uint64_t at, const std::filesystem::path& path);

// The file appears whole, or not at all. Throws files::FileError, FormatError where HDF5 lost something.
void assemble(const std::filesystem::path& path, formats::hdf5::MemoryFile& image, std::vector<Hole> holes);

// Small ones, written into the image at once.
void put_column(hid_t file, const std::string& name, hid_t type, const std::vector<hsize_t>& shape,
                const void* data);
void put_text(hid_t file, const std::string& name, const std::string& text);

}  // namespace gistmill::store
