// Every HDF5 call of the writer.
#include "sdk/formats/token_file/image.hpp"

#include <algorithm>
#include <new>
#include <vector>

#include <sys/mman.h>

#include <gistmill/formats/error.hpp>

#include <gistmill/formats/hdf5.hpp>

namespace gistmill::formats {
namespace {

void check(bool done) {
  if (!done) throw FormatError("HDF5 cannot make a token file in memory: " + hdf5::reason());
}

hdf5::Handle string_type(std::size_t size) {
  hdf5::Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), std::max<std::size_t>(size, 1));  // HDF5 has no empty strings
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

void attribute(hid_t file, const char* name, hid_t stored, hid_t native, const void* value) {
  const hdf5::Handle space(H5Screate(H5S_SCALAR));
  const hdf5::Handle made(H5Acreate2(file, name, stored, space.get(), H5P_DEFAULT, H5P_DEFAULT));
  check(made && H5Awrite(made.get(), native, value) >= 0);
}

void string_attribute(hid_t file, const char* name, const std::string& value) {
  const hdf5::Handle type = string_type(value.size());
  attribute(file, name, type.get(), type.get(), value.data());
}

// Contiguous, its place fixed now and never filled. No shape: a single value.
hdf5::Handle data_set(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& shape) {
  const hdf5::Handle space(shape.empty() ? H5Screate(H5S_SCALAR)
                                         : H5Screate_simple(1, shape.data(), nullptr));
  const hdf5::Handle properties(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_layout(properties.get(), H5D_CONTIGUOUS);
  H5Pset_alloc_time(properties.get(), H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER);
  H5Pset_obj_track_times(properties.get(), false);  // the same content gives the same bytes
  hdf5::Handle made(H5Dcreate2(file, name, type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
  check(static_cast<bool>(made));
  return made;
}

void write(hid_t file, const char* name, hid_t stored, hid_t native, const std::vector<hsize_t>& shape,
           const void* data) {
  const hdf5::Handle set = data_set(file, name, stored, shape);
  check(H5Dwrite(set.get(), native, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
}

void write_documents(hid_t file, const layout::Table& table) {
  const hdf5::Handle group(H5Gcreate2(file, layout::kDocuments, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  check(static_cast<bool>(group));
  const std::size_t documents = table.names.size();
  write(file, layout::kOffset, H5T_STD_U64LE, H5T_NATIVE_UINT64, {documents + 1}, table.offsets.data());
  write(file, layout::kSplit, H5T_STD_U8LE, H5T_NATIVE_UINT8, {documents}, table.splits.data());

  const std::size_t longest = layout::name_width(table);
  std::string names(documents * longest, '\0');
  for (std::size_t i = 0; i < documents; ++i) table.names[i].copy(&names[i * longest], longest);
  const hdf5::Handle type = string_type(longest);
  write(file, layout::kName, type.get(), type.get(), {documents}, names.data());
}

}  // namespace

Image make_image(const layout::Table& table, const Header& header) {
  const hdf5::Silence silence;
  Image image;
  image.memory = Descriptor(::memfd_create("gistmill-token-file", MFD_CLOEXEC));
  if (image.memory.get() < 0) throw std::bad_alloc();
  const std::string name = "/proc/self/fd/" + std::to_string(image.memory.get());
  const hdf5::Handle access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_fapl_stdio(access.get());  // the usual driver wants the real name behind a link; this has none
  hdf5::Handle file(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()));
  check(static_cast<bool>(file));

  string_attribute(file.get(), "format", layout::kFormat);
  attribute(file.get(), "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &layout::kVersion);
  string_attribute(file.get(), "digest", header.digest);
  attribute(file.get(), "largest_token", H5T_STD_U32LE, H5T_NATIVE_UINT32, &header.largest);
  write_documents(file.get(), table);
  const hdf5::Handle text = string_type(header.provenance.size());
  write(file.get(), layout::kProvenance, text.get(), text.get(), {}, header.provenance.data());
  {
    const hid_t type = header.id_width == 2 ? H5T_STD_U16LE : H5T_STD_U32LE;
    const hdf5::Handle ids = data_set(file.get(), layout::kTokens, type, {table.offsets.back()});
    image.ids_begin = H5Dget_offset(ids.get());
    image.ids_size = table.offsets.back() * header.id_width;
  }
  check(file.close());
  image.size = static_cast<std::uint64_t>(::lseek(image.memory.get(), 0, SEEK_END));
  return image;
}

}  // namespace gistmill::formats
