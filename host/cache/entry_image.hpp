// The HDF5 part of an entry's file: made in memory with holes where the arrays go (formats/hdf5.hpp says
// why), and read back. Private to the entry file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/files/descriptor.hpp>

#include "host/cache/entry_file.hpp"

namespace gistmill {

constexpr std::uint64_t kEntryTextSize = 512;  // bytes before the HDF5 part: HDF5's "user block"

struct EntryImage {
  struct Hole {
    std::uint64_t offset = 0;  // in the file
    const EntryArray* array = nullptr;
  };
  files::Descriptor memory;  // a file in memory, sparse at the holes
  std::uint64_t size = 0;    // bytes of the whole file
  std::vector<Hole> holes;   // by offset; arrays of no bytes have none
};

// Throws std::bad_alloc where memory ends, formats::FormatError where HDF5 refuses.
EntryImage make_entry_image(const EntryText& text, const std::vector<EntryValue>& values);

// The values of the file whose `size` bytes stand at `bytes`: their data points there. Throws
// formats::FormatError where it holds something else than make_entry_image makes, or has another key.
std::vector<EntryValue> read_entry_image(const std::string& key, const char* bytes, std::uint64_t size);

}  // namespace gistmill
