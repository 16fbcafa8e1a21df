// What readers of HDF5 files with columns of fixed types share: format, sizes, and where a column begins. Of
// files that nobody vouches for, so each length is held against the file. Knows no format by name.
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/hdf5.hpp>

namespace gistmill::store {

// All throw FormatError, which says what was found and what should be there, not the file.

// The file whose bytes these are, of this format and version. The bytes outlive what is opened.
formats::hdf5::Handle open_column_file(std::string_view bytes, const char* format, std::int64_t version);

// The attributes `format` and `version` are these.
void expect_format(hid_t file, const char* format, std::int64_t version);

// An attribute: a whole number from 1 to `most`.
std::int64_t size_attribute(hid_t owner, const char* name, std::int64_t most);

struct ColumnPlace {
  std::uint64_t begin = 0;  // in the file
  std::size_t width = 0;    // bytes of an element
};
// A column of one of these types and of this shape.
ColumnPlace place_of_column(hid_t file, const std::string& name, const std::vector<hid_t>& types,
                            const std::vector<hsize_t>& shape, std::uint64_t file_size);

// Rows of a column that is a list, whose length decides that of others.
std::uint64_t rows_of(hid_t file, const std::string& name, std::uint64_t file_size);

// Texts of fixed length: one value, or a list of them.
std::vector<std::string> texts_of(hid_t file, const std::string& name, std::uint64_t file_size);

}  // namespace gistmill::store
