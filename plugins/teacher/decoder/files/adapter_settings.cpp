#include "plugins/teacher/decoder/files/adapter_settings.hpp"

#include <re2/re2.h>
#include <cmath>
#include <gistmill/formats/json.hpp>
#include <set>

#include "plugins/teacher/decoder/files/json_object.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostRank = 65536;

bool is_neutral(const nlohmann::json& value) {
  return value.is_null() || value == false || value == nlohmann::json("") ||
         (value.is_structured() && value.empty());
}

// PEFT grows keys with every version; those that it leaves null, false or empty do nothing.
void refuse_unread(const JsonObject& json, const nlohmann::json& config) {
  static const std::set<std::string> harmless = {
      "auto_mapping",   "ensure_weight_tying", "exclude_modules", "fan_in_fan_out", "inference_mode",
      "layers_pattern", "layers_to_transform", "megatron_core",   "peft_version",   "qalora_group_size",
      "revision",       "runtime_config",      "target_modules",  "task_type"};
  for (const std::string& key : json.unread()) {
    if (harmless.count(key) > 0 || is_neutral(config.at(key))) continue;
    refuse(json.where() + ": " + key + " is " + printable_json(config.at(key)) +
           ", which is not known for a plain LoRA adapter: the result could be wrong");
  }
}

// A regular expression for the end of a module's name, as PEFT takes it. RE2, since it needs no more time
// than the text is long, whatever a file asks for.
ModulePattern pattern_of(const JsonObject& json, const std::string& key, const std::string& text) {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  auto expression = std::make_shared<const RE2>("(?:.*\\.)?(?:" + text + ")", options);
  if (!expression->ok())
    json.wrong(key, "by regular expressions for the ends of modules' names: " + expression->error());
  return expression;
}

// `check` refuses a value that is none.
template <class T, class Check>
std::vector<std::pair<ModulePattern, T>> patterns_of(const JsonObject& json, const std::string& key,
                                                     const Check& check) {
  std::vector<std::pair<ModulePattern, T>> entries;
  const nlohmann::json* pattern = json.find(key);
  if (pattern == nullptr) return entries;
  if (!pattern->is_object()) json.wrong(key, "an object");
  for (const auto& [name, value] : pattern->items()) {
    check(value);
    entries.emplace_back(pattern_of(json, key, name), value.template get<T>());
  }
  return entries;
}

template <class T>
T first_fitting(const std::vector<std::pair<ModulePattern, T>>& patterns, const std::string& module,
                T otherwise) {
  for (const auto& [pattern, value] : patterns) {
    if (RE2::FullMatch(module, *pattern)) return value;
  }
  return otherwise;
}

// A list, or an object with one list under the embedding's name.
std::vector<std::int64_t> token_indices_of(const JsonObject& json) {
  const std::string key = "trainable_token_indices";
  const nlohmann::json* value = json.find(key);
  if (value == nullptr) return {};
  if (value->is_object() && value->size() == 1 && (value->contains("embed_tokens") || value->contains("wte")))
    value = &value->front();
  const char* expected = "token ids of the input embedding, none twice";
  if (!value->is_array()) json.wrong(key, expected);
  std::vector<std::int64_t> tokens;
  for (const nlohmann::json& token : *value) {
    if (!token.is_number_unsigned() || token > 0x7fffffff) json.wrong(key, expected);
    tokens.push_back(token.get<std::int64_t>());
  }
  if (std::set<std::int64_t>(tokens.begin(), tokens.end()).size() != tokens.size()) json.wrong(key, expected);
  return tokens;
}

}  // namespace

double adapter_scale(double alpha, std::int64_t rank, bool rank_stabilized) {
  const auto r = static_cast<double>(rank);
  return alpha / (rank_stabilized ? std::sqrt(r) : r);
}

std::int64_t AdapterSettings::rank_of(const std::string& module) const {
  return first_fitting(ranks, module, rank);
}

double AdapterSettings::alpha_of(const std::string& module) const {
  return first_fitting(alphas, module, alpha);
}

AdapterSettings read_adapter_settings(const fs::path& path) {
  const nlohmann::json config = formats::read_json_file(path);
  const JsonObject json(config, path.string());
  if (json.string("peft_type") != "LORA") json.wrong("peft_type", "\"LORA\"");
  AdapterSettings settings;
  settings.rank = json.integer("r");
  if (settings.rank < 1) json.wrong("r", "1 or more");
  settings.alpha = json.number("lora_alpha");
  settings.dropout = json.number_or("lora_dropout", 0.0);
  settings.rank_stabilized = json.boolean_or("use_rslora", false);
  settings.decomposed = json.boolean_or("use_dora", false);
  settings.ranks = patterns_of<std::int64_t>(json, "rank_pattern", [&](const nlohmann::json& rank) {
    if (!rank.is_number_unsigned() || rank < 1 || rank > kMostRank)
      json.wrong("rank_pattern", "whole numbers above 0");
  });
  settings.alphas = patterns_of<double>(json, "alpha_pattern", [&](const nlohmann::json& alpha) {
    if (!alpha.is_number()) json.wrong("alpha_pattern", "numbers");
  });
  settings.token_indices = token_indices_of(json);
  settings.base_model = json.string_or("base_model_name_or_path", "");
  settings.saved_modules = json.strings("modules_to_save");
  settings.keeps_ties = json.boolean_or("ensure_weight_tying", false);
  settings.bias = json.string_or("bias", "none");
  static const std::set<std::string> biases = {"none", "all", "lora_only"};
  if (biases.count(settings.bias) == 0) json.wrong("bias", "\"none\", \"all\" or \"lora_only\"");
  // The other ways to start an adapter also change the weights that it stands beside.
  static const std::set<nlohmann::json> starts = {true, false, "gaussian", "orthogonal", "eva"};
  const nlohmann::json* start = json.find("init_lora_weights");
  if (start != nullptr && starts.count(*start) == 0) {
    json.wrong("init_lora_weights", "true, false, \"gaussian\", \"orthogonal\" or \"eva\"");
  }
  refuse_unread(json, config);
  return settings;
}

}  // namespace gistmill::decoder
