// libFuzzer on the tokenizers that GGUF files hold.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <gistmill/formats/gguf.hpp>

#include "tests/fuzz/tokenizer_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gistmill;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fuzz::CostWatch watch(size, 64, std::size_t{16} << 20);
  fuzz::may_refuse([&] {
    const formats::Gguf file(text, "fuzz");
    fuzz::use_as_bpe(text, file);
    fuzz::use_as_spm(text, file);
  });
  return 0;
}
