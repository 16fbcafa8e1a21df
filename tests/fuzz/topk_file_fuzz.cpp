// libFuzzer on the reader of teacher caches: valid HDF5 files of whatever attributes, types, shapes and
// values (hdf5_input.hpp).
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/topk/reader.hpp"
#include "tests/fuzz/hdf5_input.hpp"

namespace gistmill::fuzz {
namespace {

void put_all(hid_t file, Input& input) {
  hdf5::put_text(file, "format",
                 input.one_of<std::string>({"gistmill-topk", "gistmill-examples", "\x1b[2J"}));
  const std::uint32_t version = input.one_of<std::uint32_t>({1, 0, 2});
  hdf5::put_attribute(file, "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &version);
  hdf5::put_text(file, "digest", std::string(64, '0'));
  hdf5::put_text(file, "teacher", "t");
  const auto form = input.one_of<std::string>({"exact", "int8", "int8", "f16"});
  hdf5::put_text(file, "form", form);
  const double temperature = input.one_of<double>({1, 0, -1, 1e300});
  hdf5::put_attribute(file, "temperature", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &temperature);
  const hsize_t count = 1 + input.byte() % 4;
  const hsize_t length = 1 + input.byte() % 4;
  const hsize_t tokens = 1 + input.byte() % 4;
  put_size(file, "length", static_cast<std::int64_t>(length), input);
  put_size(file, "topk", static_cast<std::int64_t>(tokens), input);
  const hdf5::Handle text = hdf5::text_type(1 + input.byte());
  put_data_set(file, "/provenance", text.get(), {}, input);
  put_data_set(file, "/sequence", H5T_STD_I32LE, {count}, input);
  put_data_set(file, "/ids_digest", H5T_STD_U8LE, {count, topk::kDigestBytes}, input);
  put_data_set(file, "/topk_ids", input.one_of<hid_t>({H5T_STD_U32LE, H5T_STD_U16LE}),
               {count, length, tokens}, input);
  if (form == "exact") {
    put_data_set(file, "/log_probability", H5T_IEEE_F32LE, {count, length, tokens}, input);
  } else {
    put_data_set(file, "/code", H5T_STD_U8LE, {count, length, tokens}, input);
    put_data_set(file, "/scale", H5T_IEEE_F32LE, {count, length, 2}, input);
  }
}

// Everything that the reader gives.
void read_all(const std::filesystem::path& path) {
  const topk::TopkReader reader(path);
  const topk::Header& header = reader.header();
  const std::vector<std::int32_t> text(static_cast<std::size_t>(header.length));
  std::vector<std::int32_t> ids(static_cast<std::size_t>(header.length * header.tokens));
  std::vector<float> values(ids.size());
  std::uint64_t place = 0;
  for (std::int32_t sequence = -1; sequence < 4; ++sequence) {
    if (!reader.find(sequence, place)) continue;
    reader.is_of(place, text.data());
    reader.read(place, header.tokens, ids.data(), values.data());
  }
  reader.verify();
}

}  // namespace
}  // namespace gistmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gistmill::fuzz::fuzz_file(data, size, gistmill::fuzz::put_all, gistmill::fuzz::read_all);
}
