// Reads small JSON parts whose form nothing guarantees.
#include "plugins/tokenizer/common/settings.hpp"

#include <gistmill/formats/error.hpp>

#include "plugins/tokenizer/common/model_files.hpp"

namespace gistmill::tokenizer {
namespace {

void flatten(const nlohmann::json& value, const char* members, std::vector<nlohmann::json>* steps) {
  if (value.is_null()) return;
  const auto inner = value.is_object() ? value.find(members) : value.end();
  if (type_of(value) != "Sequence" || inner == value.end() || !inner->is_array()) {
    steps->push_back(value);
    return;
  }
  for (const auto& step : *inner) flatten(step, members, steps);
}

}  // namespace

std::vector<nlohmann::json> steps_of(const nlohmann::json& value, const char* members) {
  std::vector<nlohmann::json> steps;
  flatten(value, members, &steps);
  return steps;
}

std::string type_of(const nlohmann::json& step) { return string_of(step, "type"); }

bool boolean_of(const nlohmann::json& object, const char* key, bool fallback) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_boolean() ? found->get<bool>() : fallback;
}

std::string string_of(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool has_pattern(const nlohmann::json& step, const std::string& text) {
  const auto pattern = step.is_object() ? step.find("pattern") : step.end();
  if (!step.is_object() || pattern == step.end()) return false;
  return string_of(*pattern, "String") == text || string_of(*pattern, "Regex") == text;
}

std::string brief(const nlohmann::json& value) {
  constexpr std::size_t kLongest = 300;
  std::string text = value.dump(-1, ' ', true);
  if (text.size() > kLongest) text.replace(kLongest, std::string::npos, "...");
  return text;
}

void refuse(const TokenizerJson& file, const std::string& what, const nlohmann::json& found,
            const std::string& expected) {
  throw formats::FormatError(file.source + ": " + what + " is " + brief(found) + " when it should be " +
                             expected);
}

void check_plain_bpe(const TokenizerJson& file) {
  const nlohmann::json& model = file.model;
  // Files of 2019 name no type: what has merges is BPE.
  const bool untyped = !model.contains("type") && file.merges.size() > 0;
  if (type_of(model) == "Unigram")
    throw OtherKind(file.source + ": model is \"Unigram\" when it should be BPE");
  if (!untyped && type_of(model) != "BPE")
    refuse(file, "model", model.value("type", nlohmann::json()), "BPE or Unigram");
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const nlohmann::json value = model.value(key, nlohmann::json());
    if (!value.is_null() && value != nlohmann::json(""))
      refuse(file, std::string("model.") + key, value,
             "null or empty: tokens with marks of words, as in GPT-1 and CLIP, are not read here");
  }
  const nlohmann::json dropout = model.value("dropout", nlohmann::json());
  if (!dropout.is_null() && dropout != 0)
    refuse(file, "model.dropout", dropout,
           "null, for it draws ids at random; set it to null for the usual ids");
}

}  // namespace gistmill::tokenizer
