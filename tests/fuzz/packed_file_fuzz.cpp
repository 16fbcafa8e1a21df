// libFuzzer on the reader of packed shards: valid HDF5 files of whatever attributes, groups, types, shapes
// and values (hdf5_input.hpp).
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/packed/shard_reader.hpp"
#include "tests/fuzz/hdf5_input.hpp"

namespace gistmill::fuzz {
namespace {

void put_header(hid_t file, std::int64_t length, Input& input) {
  hdf5::put_text(file, "format", input.one_of<std::string>({"gistmill-packed", "gistmill-topk", "\x1b[2J"}));
  const std::uint32_t version = input.one_of<std::uint32_t>({1, 0, 2});
  hdf5::put_attribute(file, "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &version);
  if (input.byte() != 255) {
    const std::uint8_t shifted = input.one_of<std::uint8_t>({0, 1, 255});
    hdf5::put_attribute(file, "labels_shifted", H5T_STD_U8LE, H5T_NATIVE_UINT8, &shifted);
  }
  hdf5::put_text(file, "digest", std::string(64, '0'));
  put_size(file, "max_seq_length", length, input);
  for (const char* name : {"source", "source_digest", "tokenizer"}) {
    if (input.byte() != 255) hdf5::put_text(file, name, std::string(input.byte() % 8, 'x'));
  }
}

// A split with as many sequences as its tokens fill, or nearly.
void put_split(hid_t file, const std::string& group, std::int64_t length, Input& input) {
  if (input.byte() == 255) return;
  const hsize_t sequences = 1 + input.byte() % 3;
  const hsize_t documents = 1 + input.byte() % 3;
  put_data_set(file, group + "/input_ids", input.one_of<hid_t>({H5T_STD_U16LE, H5T_STD_U32LE}),
               {sequences, static_cast<hsize_t>(length)}, input);
  put_data_set(file, group + "/documents/begin", H5T_STD_I64LE, {documents}, input);
  const hdf5::Handle text = hdf5::text_type(1 + input.byte() % 16);
  put_data_set(file, group + "/documents/name", text.get(), {documents}, input);
  const hdf5::Handle handle(H5Gopen2(file, group.c_str(), H5P_DEFAULT));
  if (!handle || input.byte() == 255) return;
  const auto whole = static_cast<std::int64_t>(sequences) * length;
  const auto tokens =
      static_cast<std::uint64_t>(input.one_of<std::int64_t>({whole, whole - 1, 0, -1, input.number()}));
  hdf5::put_attribute(handle.get(), "tokens", H5T_STD_U64LE, H5T_NATIVE_UINT64, &tokens);
}

void put_all(hid_t file, Input& input) {
  const std::int64_t length = 1 + input.byte() % 4;
  put_header(file, length, input);
  put_split(file, "/train", length, input);
  put_split(file, "/validation", length, input);
}

// Everything that the reader gives.
void read_all(const std::filesystem::path& path) {
  const packed::ShardReader reader(path);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(reader.header().length));
  for (std::size_t split = 0; split < packed::kSplits; ++split) {
    for (std::uint64_t sequence = 0; sequence < reader.sequences(split); ++sequence) {
      reader.read(split, sequence, ids.data());
      const std::uint64_t first = sequence * static_cast<std::uint64_t>(reader.header().length);
      if (reader.document_at(split, first) >= reader.documents(split)) std::abort();
      if (reader.size(split, sequence) < 1 || reader.size(split, sequence) > reader.header().length)
        std::abort();
    }
  }
  for (std::size_t split = 0; split < packed::kSplits; ++split) reader.names(split);
  reader.verify();
}

}  // namespace
}  // namespace gistmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gistmill::fuzz::fuzz_file(data, size, gistmill::fuzz::put_all, gistmill::fuzz::read_all);
}
