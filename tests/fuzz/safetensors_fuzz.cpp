// libFuzzer on the safetensors reader; what is read is written and read again, and must be the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/safetensors.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gistmill::formats;
  try {
    const Safetensors file(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
    std::vector<SafetensorsItem> items;
    for (const auto& tensor : file.tensors()) {
      items.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.data.data(), tensor.data.size()});
    }
    std::string written;
    write_safetensors(
        [&](const void* bytes, std::size_t count) { written.append(static_cast<const char*>(bytes), count); },
        items, file.metadata());
    const Safetensors again(written, "again");
    if (again.tensors().size() != items.size() || again.metadata() != file.metadata()) std::abort();
    for (const auto& tensor : file.tensors()) {
      const auto& same = again.tensor(tensor.name);
      if (same.data != tensor.data || same.shape != tensor.shape || same.dtype != tensor.dtype) std::abort();
    }
  } catch (const FormatError&) {
  }
  return 0;
}
