// Data sets of files that nobody vouches for; see formats/hdf5.hpp.
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

namespace gistmill::formats::hdf5 {

DataSet open_data_set(hid_t owner, const std::string& name, std::uint64_t file_size) {
  DataSet set;
  set.name = name;
  set.handle = Handle(H5Dopen2(owner, name.c_str(), H5P_DEFAULT));
  if (!set.handle) throw FormatError("it has no data set '" + name + "'");
  set.type = Handle(H5Dget_type(set.handle.get()));
  const Handle space(H5Dget_space(set.handle.get()));
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0 || rank > 3) throw FormatError("data set '" + name + "' has another shape");
  set.shape.resize(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), set.shape.data(), nullptr);
  set.bytes = set.width = H5Tget_size(set.type.get());
  for (const hsize_t extent : set.shape) {
    if (extent == 0 || set.bytes > file_size / extent)
      throw FormatError("data set '" + name + "' claims more than the file holds");
    set.bytes *= extent;
  }
  return set;
}

void read_data_set(const DataSet& set, hid_t native, void* out) {
  if (H5Dread(set.handle.get(), native, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
    throw FormatError("data set '" + set.name + "' is damaged");
}

std::uint64_t begin_of(const DataSet& set, std::uint64_t file_size) {
  const haddr_t begin = H5Dget_offset(set.handle.get());
  if (begin == HADDR_UNDEF) throw FormatError("data set '" + set.name + "' is chunked or compressed");
  if (begin > file_size || set.bytes > file_size - begin)
    throw FormatError("data set '" + set.name + "' ends after the end of the file");
  return begin;
}

}  // namespace gistmill::formats::hdf5
