// libFuzzer on the reader of label files: valid HDF5 files of whatever attributes, types, shapes and values
// (hdf5_input.hpp).
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/focus-labels/reader.hpp"
#include "tests/fuzz/hdf5_input.hpp"

namespace gistmill::fuzz {
namespace {

void put_header(hid_t file, Input& input) {
  hdf5::put_text(file, "format",
                 input.one_of<std::string>({"gistmill-focus-labels", "gistmill-topk", "\x1b[2J"}));
  const std::uint32_t version = input.one_of<std::uint32_t>({1, 0, 2});
  hdf5::put_attribute(file, "version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &version);
  for (const char* name : {"digest", "position", "teacher", "gistnet", "corpus"})
    hdf5::put_text(file, name, std::string(1 + input.byte(), 'x'));
  put_size(file, "horizon", 8, input);
}

// A list whose values are small numbers of the input, so that they often fit one another.
std::int64_t put_numbers(hid_t file, const std::string& name, hsize_t count, std::int32_t unit,
                         Input& input) {
  if (input.byte() == 255) return 0;
  const hdf5::Handle links(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(links.get(), 1);
  const hdf5::Handle space = hdf5::make_space({count});
  const hdf5::Handle set(
      H5Dcreate2(file, name.c_str(), H5T_STD_I32LE, space.get(), links.get(), H5P_DEFAULT, H5P_DEFAULT));
  std::vector<std::int32_t> values;
  std::int64_t sum = 0;
  for (hsize_t i = 0; i < count; ++i) {
    values.push_back(unit + unit * (input.byte() % 4) - (input.byte() == 255 ? 2 * unit : 0));
    sum += values.back();
  }
  if (set) H5Dwrite(set.get(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  return sum > 0 && sum < 4096 ? sum : 1;
}

void put_all(hid_t file, Input& input) {
  put_header(file, input);
  const std::int32_t block = 2 + input.byte() % 3;
  const hsize_t hidden = 1 + input.byte() % 3;
  put_size(file, "block", block, input);
  put_size(file, "hidden_size", static_cast<std::int64_t>(hidden), input);
  const hsize_t sessions = 1 + input.byte() % 3;
  const hsize_t snapshots = 1 + input.byte() % 3;
  const hdf5::Handle text = hdf5::text_type(1 + input.byte());
  put_data_set(file, "/provenance", text.get(), {}, input);
  put_data_set(file, "/session/name", text.get(), {sessions}, input);
  put_data_set(file, "/session/number", H5T_STD_I32LE, {sessions}, input);
  const auto tokens = static_cast<hsize_t>(put_numbers(file, "/session/length", sessions, block, input));
  const hsize_t nodes = tokens / static_cast<hsize_t>(block);
  put_data_set(file, "/tree/token", H5T_STD_I32LE, {tokens}, input);
  put_data_set(file, "/tree/level_1", H5T_IEEE_F32LE, {nodes, hidden}, input);
  if (const hsize_t roots = nodes / static_cast<hsize_t>(block); roots > 0)
    put_data_set(file, "/tree/level_2", H5T_IEEE_F32LE, {roots, hidden}, input);
  put_data_set(file, "/snapshot/session", H5T_STD_I32LE, {snapshots}, input);
  put_numbers(file, "/snapshot/cursor", snapshots, block, input);
  put_numbers(file, "/snapshot/budget", snapshots, 8, input);
  put_data_set(file, "/snapshot/protected", H5T_STD_I32LE, {snapshots}, input);
  put_data_set(file, "/snapshot/base_loss", H5T_IEEE_F32LE, {snapshots}, input);
  const auto entries = static_cast<hsize_t>(put_numbers(file, "/snapshot/entries", snapshots, 1, input));
  for (const char* name : {"/entry/level", "/entry/start", "/entry/residency", "/entry/last_action"})
    put_data_set(file, name, H5T_STD_I32LE, {entries}, input);
  put_data_set(file, "/entry/utility_nll", H5T_IEEE_F32LE, {entries, 2}, input);
  put_data_set(file, "/entry/utility_kl", H5T_IEEE_F32LE, {entries, 2}, input);
}

// Everything that the reader gives.
void read_all(const std::filesystem::path& path) {
  const labels::LabelReader reader(path);
  std::vector<float> vector(static_cast<std::size_t>(reader.header().hidden));
  for (std::uint64_t i = 0; i < reader.sessions().size(); ++i)
    reader.tokens(i, 0, reader.sessions()[i].length);
  for (std::uint64_t i = 0; i < reader.snapshots(); ++i) {
    try {
      const labels::StoredSnapshot read = reader.read(i);
      for (std::size_t entry = 0; entry < read.arrays.levels.size(); ++entry)
        reader.read_vector(read.session, read.arrays.levels[entry], read.arrays.starts[entry], vector.data());
    } catch (const formats::FormatError&) {
    }
  }
  reader.verify();
}

}  // namespace
}  // namespace gistmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gistmill;
  const formats::hdf5::Silence silence;
  fuzz::Input input(data, size);
  try {
    formats::hdf5::MemoryFile made = formats::hdf5::make_in_memory("fuzz");
    fuzz::put_all(made.file.get(), input);
    std::uint64_t bytes = made.finish();
    if (input.byte() == 255) bytes -= bytes / (2 + input.byte());  // cut
    if (ftruncate(made.memory.get(), static_cast<off_t>(bytes)) != 0) return 0;
    fuzz::read_all("/proc/self/fd/" + std::to_string(made.memory.get()));
  } catch (const formats::FormatError&) {
  }
  return 0;
}
