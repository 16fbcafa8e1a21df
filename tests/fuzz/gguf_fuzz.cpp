// libFuzzer on the GGUF reader: whatever the bytes, all that a file offers is read, or FormatError says no.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <gistmill/formats/gguf.hpp>

namespace {

using gistmill::formats::FormatError;
using gistmill::formats::Gguf;

template <class Body>
void may_refuse(Body&& body) {
  try {
    body();
  } catch (const FormatError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  may_refuse([&] {
    const Gguf file(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
    // Each entry as every type: all but the right ones are refused.
    for (const auto& entry : file.entries()) {
      may_refuse([&] { file.integer(entry.key); });
      may_refuse([&] { file.number(entry.key); });
      may_refuse([&] { file.boolean(entry.key); });
      may_refuse([&] { file.string(entry.key); });
      may_refuse([&] { file.strings(entry.key); });
      may_refuse([&] { file.integers(entry.key); });
      may_refuse([&] { file.numbers(entry.key); });
    }
    for (const auto& tensor : file.tensors()) {
      // At most 8 elements a byte that is in the file.
      std::vector<float> values(tensor.elements());
      may_refuse([&] { file.dequantize(tensor, values.data()); });
    }
  });
  return 0;
}
