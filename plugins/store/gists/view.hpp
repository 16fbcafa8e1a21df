// How a gist store looks to HDF5: /about, /documents, and /rows at the end of the file. HDF5 lays it out
// once, in memory, when a store is made. As the store grows, a few numbers of it change, which the writer
// writes itself: so no other program's bytes are ever half written, and HDF5 never writes to a disk.
#pragma once

#include <cstdint>
#include <string>

#include "plugins/store/gists/layout.hpp"

namespace gistmill::gists {

struct View {
  std::string bytes;  // of the file from kUserBlock to where the rows begin, without content
  Slot slot;          // shape and places of everything; nothing committed
};

// Throws FormatError where HDF5 refuses, or lays it out in another way than this program knows.
View make_view(const Shape& shape, std::uint64_t about_bytes);

}  // namespace gistmill::gists
