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

// PEFT's own (0.21.2), where the file leaves them out.
constexpr std::int64_t kRank = 8;
constexpr double kAlpha = 8.0;

// The way on for what is not read.
const std::string kMerged =
    "a model's folder: in PEFT, model.merge_and_unload().save_pretrained(FOLDER) writes it";

bool is_neutral(const nlohmann::json& value) {
  return value.is_null() || value == false || value == nlohmann::json("") ||
         (value.is_structured() && value.empty());
}

// PEFT grows keys with every version; those that it leaves null, false or empty do nothing.
void refuse_unread(const JsonObject& json, const nlohmann::json& config) {
  // eva_config says how the matrices started, as init_lora_weights does.
  static const std::set<std::string> harmless = {"auto_mapping",        "ensure_weight_tying",
                                                 "exclude_modules",     "fan_in_fan_out",
                                                 "eva_config",          "inference_mode",
                                                 "init_ia3_weights",    "init_weights",
                                                 "layers_pattern",      "megatron_core",
                                                 "layers_to_transform", "peft_version",
                                                 "qalora_group_size",   "revision",
                                                 "feedforward_modules", "runtime_config",
                                                 "target_modules",      "task_type"};
  for (const std::string& key : json.unread()) {
    if (harmless.count(key) > 0 || is_neutral(config.at(key))) continue;
    refuse(json.where() + ": " + key + " is " + printable_json(config.at(key)) +
           ", which is not known here: the result could be wrong; an adapter that PEFT can merge can be read "
           "as " +
           kMerged);
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

std::vector<std::int64_t> tokens_of(const JsonObject& json, const std::string& key,
                                    const nlohmann::json& value) {
  const char* expected = "token ids of the input embedding or the head, none twice";
  if (!value.is_array()) json.wrong(key, expected);
  std::vector<std::int64_t> tokens;
  for (const nlohmann::json& token : value) {
    if (!token.is_number_unsigned() || token > 0x7fffffff) json.wrong(key, expected);
    tokens.push_back(token.get<std::int64_t>());
  }
  if (std::set<std::int64_t>(tokens.begin(), tokens.end()).size() != tokens.size()) json.wrong(key, expected);
  return tokens;
}

// A list, for whatever tables have such rows, or an object with a list for each table by the end of its name.
void read_token_indices(const JsonObject& json, const std::string& key, AdapterSettings& settings) {
  const nlohmann::json* value = json.find(key);
  if (value == nullptr) return;
  if (!value->is_object()) {
    settings.token_indices = settings.head_token_indices = tokens_of(json, key, *value);
    return;
  }
  for (const auto& [table, tokens] : value->items()) {
    const std::string last = table.substr(table.rfind('.') + 1);
    if (last == "lm_head") {
      settings.head_token_indices = tokens_of(json, key, tokens);
    } else if (last == "embed_tokens" || last == "wte") {
      settings.token_indices = tokens_of(json, key, tokens);
    } else {
      json.wrong(key, "of embed_tokens (GPT-2: wte) or lm_head");
    }
  }
}

AdapterKind kind_of(const JsonObject& json) {
  const std::string type = json.string("peft_type");
  if (type == "LORA") return AdapterKind::kLora;
  if (type == "TRAINABLE_TOKENS") return AdapterKind::kTokens;
  if (type == "IA3") return AdapterKind::kIa3;
  json.wrong("peft_type",
             "\"LORA\", \"TRAINABLE_TOKENS\" or \"IA3\"; of other kinds, those that PEFT can "
             "merge can be read as " +
                 kMerged);
}

// The other ways to start an adapter also change the weights that it stands beside.
void check_start(const JsonObject& json) {
  static const std::set<nlohmann::json> starts = {true, false, "gaussian", "orthogonal", "eva"};
  const nlohmann::json* start = json.find("init_lora_weights");
  if (start == nullptr || starts.count(*start) > 0) return;
  const std::string way = start->is_string() ? start->get<std::string>() : "";
  std::string refusal = json.where() + ": init_lora_weights is " + printable_json(*start) +
                        ", which also changes the weights that the adapter stands beside; ";
  if (way.starts_with("pissa") || way == "olora" || way == "corda") {
    refusal +=
        "save it as a plain one: in PEFT, save_pretrained(FOLDER, "
        "path_initial_model_for_weight_conversion=THE ADAPTER BEFORE TRAINING), or as ";
  } else {
    refusal += "save it as ";
  }
  refuse(refusal + kMerged);
}

void read_lora(const JsonObject& json, AdapterSettings& settings) {
  settings.rank = json.integer_or("r", kRank);
  if (settings.rank < 1 || settings.rank > kMostRank)
    json.wrong("r", "1 or more, at most " + std::to_string(kMostRank));
  settings.alpha = json.number_or("lora_alpha", kAlpha);
  settings.dropout = json.number_or("lora_dropout", 0.0);
  settings.rank_stabilized = json.boolean_or("use_rslora", false);
  settings.decomposed = json.boolean_or("use_dora", false);
  settings.lora_bias = json.boolean_or("lora_bias", false);
  if (settings.decomposed && settings.lora_bias) json.wrong("lora_bias", "false beside use_dora, as in PEFT");
  settings.ranks = patterns_of<std::int64_t>(json, "rank_pattern", [&](const nlohmann::json& rank) {
    if (!rank.is_number_unsigned() || rank < 1 || rank > kMostRank)
      json.wrong("rank_pattern", "whole numbers above 0");
  });
  settings.alphas = patterns_of<double>(json, "alpha_pattern", [&](const nlohmann::json& alpha) {
    if (!alpha.is_number()) json.wrong("alpha_pattern", "numbers");
  });
  read_token_indices(json, "trainable_token_indices", settings);
  settings.keeps_ties = json.boolean_or("ensure_weight_tying", false);
  settings.bias = json.string_or("bias", "none");
  static const std::set<std::string> biases = {"none", "all", "lora_only"};
  if (biases.count(settings.bias) == 0) json.wrong("bias", "\"none\", \"all\" or \"lora_only\"");
  check_start(json);
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

AdapterSettings adapter_settings_of(const nlohmann::json& config, const std::string& name) {
  const JsonObject json(config, name);
  AdapterSettings settings;
  settings.kind = kind_of(json);
  if (settings.kind == AdapterKind::kLora) read_lora(json, settings);
  if (settings.kind == AdapterKind::kTokens) read_token_indices(json, "token_indices", settings);
  settings.base_model = json.string_or("base_model_name_or_path", "");
  settings.saved_modules = json.strings("modules_to_save");
  refuse_unread(json, config);
  return settings;
}

AdapterSettings read_adapter_settings(const fs::path& path) {
  return adapter_settings_of(formats::read_json_file(path), path.string());
}

}  // namespace gistmill::decoder
