// HDF5 files that are valid as such, whose attributes, types, shapes and values are whatever a fuzzer's input
// says. HDF5 itself, which parses their bytes, is no part of this.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

namespace gistmill::fuzz {

namespace hdf5 = formats::hdf5;

// Numbers out of the input; zeros after its end.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint8_t byte() { return at_ < size_ ? data_[at_++] : 0; }
  // Of these, most often the first.
  template <class T>
  T one_of(const std::vector<T>& choices) {
    const std::uint8_t choice = byte();
    return choices[choice < 128 ? 0 : choice % choices.size()];
  }
  std::int64_t number() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | byte();
    return static_cast<std::int64_t>(value);
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

inline void put_size(hid_t file, const char* name, std::int64_t size, Input& input) {
  if (input.byte() == 255) return;  // it is missing
  const std::int64_t written =
      input.one_of<std::int64_t>({size, 0, -1, std::int64_t{1} << 24, input.number()});
  hdf5::put_attribute(file, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &written);
}

// A data set of `type` and `shape`, or nearly; with some values.
inline void put_data_set(hid_t file, const std::string& name, hid_t type, std::vector<hsize_t> shape,
                         Input& input) {
  if (input.byte() == 255) return;
  const std::uint8_t change = input.byte();
  if (change == 250) shape.push_back(1);
  if (change == 251 && !shape.empty()) shape.pop_back();
  if (change == 252 && !shape.empty()) shape[0] += 1;
  if (change == 253 && !shape.empty()) shape.back() = hsize_t{1} << 40;  // claimed, never written
  const hid_t stored =
      input.one_of<hid_t>({type, H5T_STD_I64LE, H5T_STD_I32LE, H5T_STD_I8LE, H5T_IEEE_F32LE, H5T_STD_I32BE});
  const hdf5::Handle space(shape.empty()
                               ? H5Screate(H5S_SCALAR)
                               : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
  const hdf5::Handle how(H5Pcreate(H5P_DATASET_CREATE));
  const std::uint8_t layout = input.byte();
  if (layout == 255 && !shape.empty()) {
    const std::vector<hsize_t> chunk(shape.size(), 1);
    H5Pset_chunk(how.get(), static_cast<int>(chunk.size()), chunk.data());
  } else if (layout == 254) {
    H5Pset_layout(how.get(), H5D_COMPACT);
  }
  const hdf5::Handle links(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(links.get(), 1);
  const hdf5::Handle set(
      H5Dcreate2(file, name.c_str(), stored, space.get(), links.get(), how.get(), H5P_DEFAULT));
  const hssize_t count = set ? H5Sget_simple_extent_npoints(space.get()) : 0;
  if (count <= 0 || count > 4096) return;
  std::vector<char> values(static_cast<std::size_t>(count) * H5Tget_size(stored));
  for (std::size_t i = 0; i < values.size() && i < 64; ++i) values[i] = static_cast<char>(input.byte());
  H5Dwrite(set.get(), stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

// One input of a fuzzer: `put(file, input)` makes a file, which may then be cut short, and `read(path)` reads
// it.
template <class Put, class Read>
int fuzz_file(const std::uint8_t* data, std::size_t size, const Put& put, const Read& read) {
  const hdf5::Silence silence;
  Input input(data, size);
  try {
    hdf5::MemoryFile made = hdf5::make_in_memory("fuzz");
    put(made.file.get(), input);
    std::uint64_t bytes = made.finish();
    if (input.byte() == 255) bytes -= bytes / (2 + input.byte());
    if (ftruncate(made.memory.get(), static_cast<off_t>(bytes)) != 0) return 0;
    read("/proc/self/fd/" + std::to_string(made.memory.get()));
  } catch (const formats::FormatError&) {
  }
  return 0;
}

}  // namespace gistmill::fuzz
