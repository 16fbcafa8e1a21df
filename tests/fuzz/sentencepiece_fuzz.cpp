// libFuzzer on SentencePiece's tokenizer.model.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "plugins/tokenizer/sentencepiece/model_file.hpp"
#include "tests/fuzz/tokenizer_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gistmill;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::optional<sentencepiece::ModelFile> file;
  {
    const fuzz::CostWatch watch(size);
    fuzz::may_refuse([&] { file = sentencepiece::parse_model_file(text, "fuzz"); });
  }
  if (!file) return 0;
  const fuzz::CostWatch watch(size, 64, std::size_t{16} << 20);
  // A map of characters may make a text 256 times longer.
  constexpr std::size_t kText = 4096;
  fuzz::use_as_spm(text.substr(0, kText), *file, fuzz::kNowhere);
  fuzz::use_as_unigram(text.substr(0, kText), *file, fuzz::kNowhere);
  return 0;
}
