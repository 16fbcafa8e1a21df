// TemplateProcessing, and BERT's and RoBERTa's forms of it; ByteLevel puts nothing anywhere.
#include "plugins/tokenizer/common/post_processor.hpp"

#include <string>

#include "plugins/tokenizer/common/settings.hpp"

namespace gistmill::tokenizer {
namespace {

using nlohmann::json;

void add_id(const json& id, const StringTable& tokens, std::vector<std::int32_t>* ids) {
  if (id.is_number_unsigned() && id.get<std::uint64_t>() < tokens.size())
    ids->push_back(id.get<std::int32_t>());
}

// {"single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
//  "special_tokens": {"<s>": {"ids": [1]}}}
std::vector<std::int32_t> before_text(const json& processor, const StringTable& tokens) {
  std::vector<std::int32_t> ids;
  const auto single = processor.find("single");
  const auto special = processor.find("special_tokens");
  if (single == processor.end() || !single->is_array() || special == processor.end()) return ids;
  for (const json& part : *single) {
    const auto token = part.is_object() ? part.find("SpecialToken") : part.end();
    if (!part.is_object() || token == part.end()) break;
    const std::string name = string_of(*token, "id");
    const auto named = special->is_object() ? special->find(name) : special->end();
    if (named == special->end() || !named->is_object()) break;
    const auto listed = named->find("ids");
    if (listed == named->end() || !listed->is_array()) break;
    for (const json& id : *listed) add_id(id, tokens, &ids);
  }
  return ids;
}

// {"cls": ["<s>", 0]}
std::vector<std::int32_t> cls_of(const json& processor, const StringTable& tokens) {
  std::vector<std::int32_t> ids;
  const auto cls = processor.find("cls");
  if (cls != processor.end() && cls->is_array() && cls->size() == 2) add_id((*cls)[1], tokens, &ids);
  return ids;
}

}  // namespace

std::vector<std::int32_t> begin_tokens(const json& post_processor, const StringTable& tokens) {
  std::vector<std::int32_t> ids;
  for (const json& step : steps_of(post_processor, "processors")) {
    const std::string type = type_of(step);
    std::vector<std::int32_t> first;
    if (type == "TemplateProcessing") first = before_text(step, tokens);
    if (type == "BertProcessing" || type == "RobertaProcessing") first = cls_of(step, tokens);
    ids.insert(ids.begin(), first.begin(), first.end());  // a later step takes what the earlier ones made
  }
  return ids;
}

}  // namespace gistmill::tokenizer
