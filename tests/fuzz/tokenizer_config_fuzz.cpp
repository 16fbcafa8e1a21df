// libFuzzer on what tokenizer_config.json and a post-processor say: tokens for a small vocabulary, or a
// refusal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <gistmill/formats/json.hpp>

#include "plugins/tokenizer/common/added_files.hpp"
#include "plugins/tokenizer/common/configuration.hpp"
#include "plugins/tokenizer/common/foreign_files.hpp"
#include "plugins/tokenizer/common/post_processor.hpp"
#include "plugins/tokenizer/common/vocabulary.hpp"
#include "tests/fuzz/tokenizer_check.hpp"

namespace {

using namespace gistmill;

void add_to_a_vocabulary(const nlohmann::json& config) {
  tokenizer::CommonVocabulary vocabulary;
  vocabulary.source = "fuzz";
  for (const char* token : {"a", "b", "<s>"}) vocabulary.tokens.add(token);
  vocabulary.model_tokens = 3;
  vocabulary.added.push_back({2, "<s>", true, false, false, false});
  tokenizer::add_tokens_beside(tokenizer::tokens_beside(fuzz::kNowhere, config), &vocabulary);
  tokenizer::index_of(vocabulary);
  for (const tokenizer::AddedToken& token : vocabulary.added) {
    if (vocabulary.tokens.at(token.id) != token.content) std::abort();
  }
  for (const std::int32_t id : tokenizer::begin_tokens(config, vocabulary.tokens)) vocabulary.tokens.at(id);
  tokenizer::named_tokens(config, vocabulary.tokens);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::may_refuse([&] { tokenizer::refuse_foreign(text, "fuzz"); });
  nlohmann::json config;
  fuzz::may_refuse([&] { config = formats::parse_json(text, "fuzz", tokenizer::kTokenizerJsonLimits); });
  if (!config.is_object()) return 0;
  // A token costs some hundred bytes in maps and lists, a quarter of them in the file.
  const fuzz::CostWatch watch(size, 128, std::size_t{1} << 20);
  fuzz::may_refuse([&] { add_to_a_vocabulary(config); });
  for (const char* name : {"GPT2Tokenizer", "LlamaTokenizer", "GemmaTokenizer"}) {
    nlohmann::json values = config;
    tokenizer::add_default_tokens(name, &values);
    fuzz::may_refuse([&] { add_to_a_vocabulary(values); });
  }
  return 0;
}
