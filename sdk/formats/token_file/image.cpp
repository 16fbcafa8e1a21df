// Every HDF5 call of the writer.
#include "sdk/formats/token_file/image.hpp"

#include <utility>
#include <vector>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

namespace gistmill::formats {
namespace {

void write(hid_t file, const char* name, hid_t stored, hid_t native, const std::vector<hsize_t>& shape,
           const void* data) {
  const hdf5::Handle set = hdf5::make_data_set(file, name, stored, shape);
  if (H5Dwrite(set.get(), native, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    throw FormatError("HDF5 cannot write to memory: " + hdf5::reason());
}

void write_documents(hid_t file, const layout::Table& table) {
  const hdf5::Handle group = hdf5::make_group(file, layout::kDocuments);
  const std::size_t documents = table.names.size();
  write(file, layout::kOffset, H5T_STD_U64LE, H5T_NATIVE_UINT64, {documents + 1}, table.offsets.data());
  write(file, layout::kSplit, H5T_STD_U8LE, H5T_NATIVE_UINT8, {documents}, table.splits.data());

  const std::size_t longest = layout::name_width(table);
  std::string names(documents * longest, '\0');
  for (std::size_t i = 0; i < documents; ++i) table.names[i].copy(&names[i * longest], longest);
  const hdf5::Handle type = hdf5::text_type(longest);
  write(file, layout::kName, type.get(), type.get(), {documents}, names.data());
}

}  // namespace

Image make_image(const layout::Table& table, const Header& header) {
  const hdf5::Silence silence;
  hdf5::MemoryFile made = hdf5::make_in_memory("gistmill-token-file");
  const hid_t file = made.file.get();
  hdf5::put_text(file, "format", layout::kFormat);
  hdf5::put_attribute(file, "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &layout::kVersion);
  hdf5::put_text(file, "digest", header.digest);
  hdf5::put_attribute(file, "largest_token", H5T_STD_U32LE, H5T_NATIVE_UINT32, &header.largest);
  write_documents(file, table);
  const hdf5::Handle text = hdf5::text_type(header.provenance.size());
  write(file, layout::kProvenance, text.get(), text.get(), {}, header.provenance.data());
  Image image;
  {
    const hid_t type = header.id_width == 2 ? H5T_STD_U16LE : H5T_STD_U32LE;
    const hdf5::Handle ids = hdf5::make_data_set(file, layout::kTokens, type, {table.offsets.back()});
    image.ids_begin = H5Dget_offset(ids.get());
    image.ids_size = table.offsets.back() * header.id_width;
  }
  image.size = made.finish();
  image.memory = std::move(made.memory);
  return image;
}

}  // namespace gistmill::formats
