// libFuzzer on a model in several GGUF files: whatever their bytes, every tensor is found in one of them and
// lies in it, or FormatError says no. The input is the parts one after the other, with kCut between them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/gguf_parts.hpp>

#include "tests/fuzz/cost_watch.hpp"
#include "tests/fuzz/gguf_parts_input.hpp"
#include "tests/fuzz/scratch_folder.hpp"

namespace {

using namespace gistmill;

constexpr std::size_t kMostParts = 4;

std::vector<std::string_view> parts_of(std::string_view input) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < kMostParts) {
    const std::size_t cut = input.find(fuzz::kPartCut);
    if (cut == std::string_view::npos) break;
    parts.push_back(input.substr(0, cut));
    input.remove_prefix(cut + fuzz::kPartCut.size());
  }
  parts.push_back(input);
  return parts;
}

std::string name_of(std::size_t part, std::size_t count) {
  return "m-0000" + std::to_string(part) + "-of-0000" + std::to_string(count) + ".gguf";
}

void check(const formats::GgufParts& model) {
  std::size_t count = 0;
  for (const formats::Gguf& file : model.files()) {
    for (const formats::GgufTensor& tensor : file.tensors()) {
      ++count;
      const auto found = model.tensor(tensor.name);
      if (found.tensor != &tensor || found.file != &file) std::abort();  // a name is in one part only
    }
  }
  if (count != model.tensor_count()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  const auto parts = parts_of({reinterpret_cast<const char*>(data), size});
  std::filesystem::path last;
  for (std::size_t i = 0; i < parts.size(); ++i)
    last = folder.write(parts.size() == 1 ? "m.gguf" : name_of(i + 1, parts.size()), parts[i]);
  const fuzz::CostWatch watch(size);
  try {
    check(formats::GgufParts(last));  // any part opens all
  } catch (const formats::FormatError&) {
  }
  return 0;
}
