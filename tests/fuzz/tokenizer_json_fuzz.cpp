// libFuzzer on tokenizer.json, vocab.json and merges.txt.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "plugins/tokenizer/common/tokenizer_json.hpp"
#include "tests/fuzz/tokenizer_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gistmill;
  constexpr std::size_t kText = 1024;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::optional<tokenizer::TokenizerJson> file;
  {
    const fuzz::CostWatch watch(size);
    fuzz::may_refuse([&] { tokenizer::parse_vocab_json(text, "fuzz"); });
    fuzz::may_refuse([&] { tokenizer::parse_merges_txt(text, "fuzz"); });
    fuzz::may_refuse([&] { file = tokenizer::parse_tokenizer_json(text, "fuzz"); });
  }
  if (!file) return 0;
  // A cache of 4 MiB, and tables of some ten bytes for each token: more than the file, but bounded by it.
  const fuzz::CostWatch watch(size, 64, std::size_t{16} << 20);
  // Text to encode is short, for a normalizer may make it 256 times longer, in its largest form 24 bytes a
  // byte.
  fuzz::use_as_bpe(text.substr(0, kText), *file, fuzz::kNowhere);
  fuzz::use_as_spm(text.substr(0, kText), *file, fuzz::kNowhere);
  fuzz::use_as_unigram(text.substr(0, kText), *file, fuzz::kNowhere);
  return 0;
}
