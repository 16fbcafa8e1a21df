// tokenizer.json has the version 1.0 that `tokenizers` has written since 2020.
#include "plugins/tokenizer/common/huggingface_writer.hpp"

#include <algorithm>
#include <utility>

#include <gistmill/text/utf8.hpp>

namespace gistmill::tokenizer {
namespace {

using nlohmann::json;

std::string text_of(const CommonVocabulary& vocabulary, std::size_t id) {
  const std::string_view token = vocabulary.tokens[id];
  if (!text::is_utf8(token)) {
    vocabulary.fail("token " + std::to_string(id) + ", " + formats::printable(token) +
                    ", is not UTF-8, which tokenizer.json cannot say");
  }
  return std::string(token);
}

json added_tokens(const CommonVocabulary& vocabulary) {
  json list = json::array();
  for (const AddedToken& token : vocabulary.added) {
    if (token.content.empty()) {
      vocabulary.fail("added token " + std::to_string(token.id) +
                      " has no text, which tokenizer.json cannot say");
    }
    // The vocabulary's text, not what normalizing made of it.
    list.push_back({{"id", token.id},
                    {"content", text_of(vocabulary, static_cast<std::size_t>(token.id))},
                    {"single_word", token.single_word},
                    {"lstrip", token.lstrip},
                    {"rstrip", token.rstrip},
                    {"normalized", token.normalized},
                    {"special", token.special}});
  }
  return list;
}

json template_part(const char* kind, const std::string& id, int type) {
  return {{kind, {{"id", id}, {"type_id", type}}}};
}

// What begins a text stands before it, and before the second one of a pair.
json post_processor(const CommonVocabulary& vocabulary) {
  if (vocabulary.begin.empty()) return nullptr;
  json single = json::array(), second = json::array(), special = json::object();
  for (const std::int32_t id : vocabulary.begin) {
    const std::string text = text_of(vocabulary, static_cast<std::size_t>(id));
    single.push_back(template_part("SpecialToken", text, 0));
    second.push_back(template_part("SpecialToken", text, 1));
    special[text] = {{"id", text}, {"ids", {id}}, {"tokens", {text}}};
  }
  single.push_back(template_part("Sequence", "A", 0));
  second.push_back(template_part("Sequence", "B", 1));
  json pair = single;
  pair.insert(pair.end(), second.begin(), second.end());
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", special}};
}

json chat_template(const CommonVocabulary& vocabulary) {
  if (vocabulary.chat_templates.size() == 1 && vocabulary.chat_templates.front().name == "default")
    return vocabulary.chat_templates.front().text;
  json list = json::array();
  for (const ChatSource& source : vocabulary.chat_templates)
    list.push_back({{"name", source.name}, {"template", source.text}});
  return list;
}

json configuration_of(const CommonVocabulary& vocabulary) {
  json configuration = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                        {"clean_up_tokenization_spaces", false}};
  const auto name = [&](const char* role, std::int32_t id) {
    const bool added = std::ranges::count(vocabulary.added, id, &AddedToken::id) > 0;
    if (added) configuration[role] = text_of(vocabulary, static_cast<std::size_t>(id));
  };
  name("bos_token", vocabulary.named.bos);
  name("eos_token", vocabulary.named.eos);
  name("unk_token", vocabulary.named.unk);
  name("pad_token", vocabulary.named.pad);
  if (vocabulary.split_special_tokens) configuration["split_special_tokens"] = true;
  if (!vocabulary.chat_templates.empty()) configuration["chat_template"] = chat_template(vocabulary);
  return configuration;
}

std::string dumped(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

json bpe_model(const CommonVocabulary& vocabulary, const StringTable& merges) {
  json tokens = json::object(), pairs = json::array();
  for (std::size_t id = 0; id < vocabulary.model_tokens; ++id) {
    if (vocabulary.is_own(id)) tokens[text_of(vocabulary, id)] = id;
  }
  for (std::size_t i = 0; i + 1 < merges.size(); i += 2) pairs.push_back({merges[i], merges[i + 1]});
  return {{"type", "BPE"}, {"vocab", std::move(tokens)}, {"merges", std::move(pairs)}};
}

HuggingFaceFiles huggingface_files(const CommonVocabulary& vocabulary, json own) {
  own["version"] = "1.0";
  own["truncation"] = nullptr;
  own["padding"] = nullptr;
  own["added_tokens"] = added_tokens(vocabulary);
  own["post_processor"] = post_processor(vocabulary);
  return {dumped(own), dumped(configuration_of(vocabulary))};
}

}  // namespace gistmill::tokenizer
