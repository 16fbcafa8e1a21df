// The prepared file that the host names: a small HDF5 file that says which packed shards lie where. Its
// manifest is that of the folder as it was when the index was made.
#pragma once

#include <filesystem>
#include <string>

#include "plugins/store/packed/manifest.hpp"

namespace gistmill::packed {

struct Index {
  std::filesystem::path folder;  // of the shards
  Manifest manifest;
  std::string provenance;  // JSON
};

// Whole or not at all. The folder is kept relative to the index, so that both can move together. Throws
// files::FileError.
void write_index(const std::filesystem::path& path, const Index& index);

// Throws FormatError: missing, damaged, another format or version.
Index read_index(const std::filesystem::path& path);

}  // namespace gistmill::packed
