// The data sets of one split as columns over its examples: their types and shapes, and how their bytes come
// from what was spooled. Private to the example file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/examples/layout.hpp"

namespace gistmill::examples {

// The examples of one split that wait in unnamed files.
struct Spool {
  files::Descriptor windows;  // int32 [n, 2 + T]: document, begin, ids
  files::Descriptor hidden;   // float32 [n, S, D]
  std::uint64_t examples = 0;
};

struct Column {
  std::string path;  // "/train/input_ids"
  hid_t type = H5I_INVALID_HID;
  std::vector<hsize_t> row;   // shape of one example
  std::size_t row_bytes = 0;  // of one example in the file
  // Bytes of examples [first, first + count) into `out`. Throws files::FileError.
  std::function<void(std::uint64_t first, std::uint64_t count, char* out)> fill;
};

// In the order of docs/example-file.md. The spool outlives them; `path` is for messages.
std::vector<Column> columns_of(std::size_t split, const Spool& spool, const Shape& shape,
                               const std::string& path);

}  // namespace gistmill::examples
