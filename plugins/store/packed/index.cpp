#include "plugins/store/packed/index.hpp"

#include <vector>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>
#include <gistmill/formats/mapped_file.hpp>

#include "plugins/store/common/column_file.hpp"
#include "plugins/store/packed/layout.hpp"

namespace gistmill::packed {
namespace {

namespace fs = std::filesystem;
namespace hdf5 = formats::hdf5;

void put_data(hid_t file, const char* name, const std::string& text) {
  const hdf5::Handle type = hdf5::text_type(text.size());
  const hdf5::Handle set = hdf5::make_data_set(file, name, type.get(), {});
  if (H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.c_str()) < 0)
    throw formats::FormatError("HDF5 cannot write to memory: " + hdf5::reason());
}

Index read_whole(const fs::path& path) {
  const formats::MappedFile map(path);
  const hdf5::Handle file = store::open_column_file(map.bytes(), kIndexFormat, kVersion);
  const auto read_data = [&](const char* name) {
    return store::texts_of(file.get(), name, map.size()).front();
  };
  Index index;
  index.folder = (path.parent_path() / read_data("/folder")).lexically_normal();
  index.manifest = manifest_of(read_data("/manifest"), "its manifest");
  index.provenance = read_data("/provenance");
  return index;
}

}  // namespace

void write_index(const fs::path& path, const Index& index) {
  const hdf5::Silence silence;
  hdf5::MemoryFile made = hdf5::make_in_memory("gistmill-packed-index");
  const fs::path folder = fs::absolute(index.folder)
                              .lexically_normal()
                              .lexically_relative(fs::absolute(path).lexically_normal().parent_path());
  hdf5::put_text(made.file.get(), "format", kIndexFormat);
  hdf5::put_attribute(made.file.get(), "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &kVersion);
  put_data(made.file.get(), "/folder", folder.string());
  put_data(made.file.get(), "/manifest", to_text(index.manifest));
  put_data(made.file.get(), "/provenance", index.provenance);
  const std::uint64_t size = made.finish();
  std::vector<char> bytes(size);
  const files::Transferred got = files::read_at(made.memory.get(), bytes.data(), bytes.size(), 0);
  if (got.error != 0) throw files::FileError("read back what goes into", path, got.error);
  files::write_file(path, {bytes.data(), bytes.size()});
}

Index read_index(const fs::path& path) {
  const hdf5::Silence silence;
  try {
    return read_whole(path);
  } catch (const formats::FormatError& error) {
    throw formats::FormatError("'" + path.string() +
                               "' is not a readable index of packed files: " + error.what());
  }
}

}  // namespace gistmill::packed
