// libFuzzer on the reader of example files: HDF5 files that are valid as such, whose attributes, types,
// shapes and values are whatever the input says. HDF5 itself, which parses their bytes, is no part of this.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/examples/reader.hpp"
#include "tests/fuzz/hdf5_input.hpp"

namespace gistmill::fuzz {
namespace {

struct Sizes {
  std::int64_t block, horizon, hidden;
};

void put_split(hid_t file, const std::string& split, const Sizes& sizes, Input& input) {
  const hsize_t count = input.byte() % 4;
  if (count == 0) return;
  const auto block = static_cast<hsize_t>(sizes.block), horizon = static_cast<hsize_t>(sizes.horizon);
  put_data_set(file, split + "/document", H5T_STD_I32LE, {count}, input);
  put_data_set(file, split + "/begin", H5T_STD_I32LE, {count}, input);
  put_data_set(file, split + "/context_input_ids", H5T_STD_I64LE, {count, horizon}, input);
  put_data_set(file, split + "/teacher_hidden", H5T_IEEE_F32LE,
               {count, block, static_cast<hsize_t>(sizes.hidden)}, input);
}

void put_all(hid_t file, Input& input) {
  hdf5::put_text(file, "format",
                 input.one_of<std::string>({"gistmill-examples", "gistmill-tokens", "\x1b[2J"}));
  const std::uint32_t version = input.one_of<std::uint32_t>({1, 0, 2});
  hdf5::put_attribute(file, "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &version);
  hdf5::put_text(file, "digest", std::string(64, '0'));
  Sizes sizes{1 + input.byte() % 4, 0, 1 + input.byte() % 4};
  sizes.horizon = sizes.block * (1 + input.byte() % 3);
  put_size(file, "block_size", sizes.block, input);
  put_size(file, "horizon", sizes.horizon, input);
  put_size(file, "hidden_size", sizes.hidden, input);
  const hdf5::Handle text = hdf5::text_type(1 + input.byte());
  put_data_set(file, "/provenance", text.get(), {}, input);
  put_data_set(file, "/documents/name", text.get(), {hsize_t{1} + input.byte() % 4}, input);
  put_split(file, "/train", sizes, input);
  put_split(file, "/validation", sizes, input);
}

// Everything that the reader gives.
void read_all(const std::filesystem::path& path) {
  const examples::ExampleFileReader reader(path);
  const examples::Shape& shape = reader.shape();
  std::vector<std::int32_t> window(static_cast<std::size_t>(shape.horizon));
  std::vector<float> hidden(static_cast<std::size_t>(shape.block * shape.hidden));
  for (std::size_t split = 0; split < examples::kSplits; ++split) {
    for (std::uint64_t i = 0; i < reader.examples(split); ++i) {
      if (reader.documents().at(static_cast<std::size_t>(reader.document(split, i))).size() > SIZE_MAX / 2)
        std::abort();
      reader.read_hidden(split, i, hidden.data());
      reader.read_window(split, i, window.data());
    }
  }
  reader.verify();
}

}  // namespace
}  // namespace gistmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gistmill::fuzz::fuzz_file(data, size, gistmill::fuzz::put_all, gistmill::fuzz::read_all);
}
