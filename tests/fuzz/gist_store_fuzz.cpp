// libFuzzer on the reader of gist stores: bytes of a store are changed anywhere, and the checksums over them
// made right again where the input says so, so that what stands behind a checksum is reached too.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

#include "plugins/store/gists/context.hpp"
#include "plugins/store/gists/description.hpp"
#include "plugins/store/gists/growth.hpp"
#include "tests/fuzz/hdf5_input.hpp"
#include "tests/fuzz/scratch_folder.hpp"

namespace gistmill::fuzz {
namespace {

using gists::kSlotBytes;

std::string whole_store() {
  const ScratchFolder folder;
  const std::filesystem::path path = folder.path() / "store.h5";
  const gists::Shape shape = {4, 1, 2, 2, gists::Precision::int8};
  gists::Growth growth(path, shape, {"m", "t", "c", "end", "l", "names", {}}, 2, false);
  const gists::Missing missing =
      growth.extend("a", std::vector<std::int32_t>(22, 5), std::vector<std::uint8_t>(22, 1));
  const std::vector<float> gist = {1, 2};
  const std::vector<std::int32_t> offsets = {3};
  for (std::uint32_t block = missing.first; block < missing.end; ++block)
    growth.append(1, gist.data(), offsets.data());
  if (growth.group()) growth.append_group(gist.data(), offsets.data());
  growth.close();
  return files::read_all(path);
}

// Where checksums stand in an unchanged store: each over the bytes before it.
struct Sum {
  std::size_t begin, bytes, at;
};
std::vector<Sum> sums_of(const std::string& store) {
  std::vector<Sum> sums;
  gists::Slot last;
  for (const std::uint64_t slot : gists::kSlots) {
    sums.push_back({slot, kSlotBytes - 8, slot + kSlotBytes - 8});
    last = *gists::decode_slot(std::string_view(store).substr(slot, kSlotBytes));
  }
  for (std::uint64_t i = 0; i < last.documents; ++i) {
    const std::size_t begin = last.documents_at + i * gists::kDocumentBytes;
    sums.push_back({begin, gists::kNameBytes, begin + gists::kNameBytes});
  }
  const gists::RowLayout layout(last.shape);
  for (std::size_t begin = last.rows_at; begin + layout.bytes <= store.size(); begin += layout.bytes)
    sums.push_back({begin, layout.checksum, begin + layout.checksum});
  return sums;
}

// Where an edit does something: the slots, and what stands behind HDF5's head.
std::size_t place_of(Input& input, const std::string& store, const std::vector<Sum>& sums) {
  const Sum& sum = sums[input.byte() % sums.size()];
  return std::min<std::size_t>(sum.begin + input.byte() % (sum.bytes + 8), store.size() - 1);
}

void read_all(const std::filesystem::path& path) {
  const gists::GistReader reader(path);
  for (const char* document : {"", "a"}) {
    try {
      gists::context_of(reader, document, 3, 4, 20);
    } catch (const formats::FormatError&) {
    }
  }
  gists::description_of(reader);
}

}  // namespace
}  // namespace gistmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gistmill;
  static const std::string whole = fuzz::whole_store();
  static const std::vector<fuzz::Sum> sums = fuzz::sums_of(whole);
  fuzz::Input input(data, size);
  std::string store = whole;
  const int edits = input.byte() % 16;
  for (int i = 0; i < edits; ++i) {
    const std::size_t at = fuzz::place_of(input, store, sums);
    store[at] = static_cast<char>(input.byte());
  }
  const bool right = input.byte() < 224;
  for (const fuzz::Sum& sum : sums) {
    if (!right) break;
    const std::uint64_t value = gists::checksum_of(std::string_view(store).substr(sum.begin, sum.bytes));
    gists::save(&store[sum.at], value);
  }
  if (input.byte() > 240) store.resize(store.size() - store.size() / (2 + input.byte()));
  const int memory = memfd_create("fuzz", MFD_CLOEXEC);
  if (files::write(memory, store).error == 0) {
    try {
      fuzz::read_all("/proc/self/fd/" + std::to_string(memory));
    } catch (const formats::FormatError&) {
    }
  }
  close(memory);
  return 0;
}
