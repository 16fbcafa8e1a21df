// The HDF5 bytes of a token file with a hole where the ids go, made in memory (formats/hdf5.hpp says why).
// Private to the token file.
#pragma once

#include <cstdint>
#include <string>

#include <gistmill/files/descriptor.hpp>

#include "sdk/formats/token_file/layout.hpp"

namespace gistmill::formats {

struct Image {
  files::Descriptor memory;     // a file in memory, sparse at the hole
  std::uint64_t size = 0;       // bytes of the whole file
  std::uint64_t ids_begin = 0;  // where the hole is, in bytes
  std::uint64_t ids_size = 0;
};

struct Header {
  std::string provenance;
  std::string digest;
  std::uint32_t largest = 0;  // id
  std::size_t id_width = 2;   // bytes
};

// Throws std::bad_alloc where memory ends, FormatError where HDF5 refuses.
Image make_image(const layout::Table& table, const Header& header);

}  // namespace gistmill::formats
