// libFuzzer on tokenizer.json, vocab.json and merges.txt.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "plugins/tokenizer/common/tokenizer_json.hpp"
#include "tests/fuzz/tokenizer_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gistmill;
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
  fuzz::use_as_bpe(text, *file, fuzz::kNowhere);
  fuzz::use_as_spm(text, *file, fuzz::kNowhere);
  return 0;
}
