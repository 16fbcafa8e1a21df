#include "plugins/teacher/decoder/files/hugging_face_rotary.hpp"

#include <cmath>

#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

double above_zero(const JsonObject& json, const char* key) {
  const double value = json.number(key);
  if (!(value > 0.0)) json.wrong(key, "above 0");
  return value;
}

// Positions that the model was trained on before they were stretched.
double original_context(const JsonObject& json, std::int64_t context) {
  const auto original = static_cast<double>(json.integer_or("original_max_position_embeddings", context));
  if (!(original > 0.0)) json.wrong("original_max_position_embeddings", "above 0");
  return original;
}

void read_llama3(const JsonObject& json, Rotary& rotary) {
  rotary.scaling = Rotary::Scaling::kLlama3;
  rotary.factor = above_zero(json, "factor");
  rotary.low_frequency_factor = above_zero(json, "low_freq_factor");
  rotary.high_frequency_factor = above_zero(json, "high_freq_factor");
  if (!(rotary.high_frequency_factor > rotary.low_frequency_factor)) {
    json.wrong("high_freq_factor", "above low_freq_factor");
  }
}

double above_zero_or(const JsonObject& json, const char* key, double fallback) {
  return json.has(key) ? above_zero(json, key) : fallback;
}

// As transformers' _compute_yarn_parameters: a 0 means the same as a key that is left out.
void read_yarn(const JsonObject& json, std::int64_t context, Rotary& rotary) {
  const auto stated_or = [&](const char* key, double fallback) {
    return json.number_or(key, 0.0) == 0.0 ? fallback : above_zero(json, key);
  };
  rotary.scaling = Rotary::Scaling::kYarn;
  if (!(rotary.base > 1.0)) json.wrong("rope_theta", "above 1");
  rotary.factor = above_zero_or(json, "factor", static_cast<double>(context) / rotary.original_context);
  rotary.beta_fast = stated_or("beta_fast", rotary.beta_fast);
  rotary.beta_slow = stated_or("beta_slow", rotary.beta_slow);
  if (!(rotary.beta_fast > rotary.beta_slow)) json.wrong("beta_fast", "above beta_slow");
  rotary.whole_pairs = json.boolean_or("truncate", true);
  const double weight = json.number_or("mscale", 0.0);
  const double weight_of_all = json.number_or("mscale_all_dim", 0.0);
  const double inferred =
      weight != 0.0 && weight_of_all != 0.0
          ? yarn_magnitude(rotary.factor, weight) / yarn_magnitude(rotary.factor, weight_of_all)
          : yarn_magnitude(rotary.factor);
  rotary.magnitude = above_zero_or(json, "attention_factor", inferred);
  if (!(rotary.magnitude > 0.0)) json.wrong("mscale", "above 0");
}

std::vector<double> factors_of(const JsonObject& json, const char* key) {
  std::vector<double> factors = json.numbers(key);
  if (factors.empty()) json.wrong(key, "a list of numbers, one for each pair of a head");
  for (const double factor : factors) {
    if (!(factor > 0.0)) json.wrong(key, "a list of numbers above 0");
  }
  return factors;
}

void read_longrope(const JsonObject& json, std::int64_t context, Rotary& rotary) {
  rotary.scaling = Rotary::Scaling::kLong;
  rotary.factors = factors_of(json, "short_factor");
  rotary.long_factors = factors_of(json, "long_factor");
  rotary.factor = above_zero_or(json, "factor", static_cast<double>(context) / rotary.original_context);
  if (!(rotary.original_context > 1.0)) json.wrong("original_max_position_embeddings", "above 1");
  const double inferred = rotary.factor > 1.0
                              ? std::sqrt(1.0 + std::log(rotary.factor) / std::log(rotary.original_context))
                              : 1.0;
  rotary.magnitude = above_zero_or(json, "attention_factor", inferred);
}

void read_scaling(const JsonObject& json, std::int64_t context, Rotary& rotary) {
  const std::string key = json.has("rope_type") ? "rope_type" : "type";
  const std::string kind = json.string_or(key, "default");
  json.find("type");  // beside rope_type it says the same, in the words of older versions
  if (kind == "llama3" || kind == "yarn" || kind == "longrope")
    rotary.original_context = original_context(json, context);
  if (kind == "linear" || kind == "dynamic") {
    rotary.scaling = kind == "linear" ? Rotary::Scaling::kLinear : Rotary::Scaling::kDynamic;
    rotary.factor = above_zero(json, "factor");
  } else if (kind == "llama3") {
    read_llama3(json, rotary);
  } else if (kind == "yarn") {
    read_yarn(json, context, rotary);
  } else if (kind == "longrope") {
    read_longrope(json, context, rotary);
  } else if (kind != "default") {
    json.wrong(key,
               "default, linear, dynamic, llama3, yarn or longrope: positions scaled in another way are not "
               "known here");
  }
  json.expect("partial_rotary_factor", 1.0);
  const std::vector<std::string> unread = json.unread();
  if (!unread.empty()) {
    refuse(json.where() + ": has key " + formats::printable(unread.front()) +
           ", which is not known for kind \"" + kind + "\"");
  }
}

// A scaling in the words of transformers 5.
nlohmann::json in_one_spelling(const JsonObject& config, nlohmann::json scaling) {
  if (!scaling.is_object()) return scaling;
  if (scaling.contains("type") && !scaling.contains("rope_type")) scaling["rope_type"] = scaling["type"];
  scaling.erase("type");
  const nlohmann::json* base = config.find("rope_theta");
  if (!scaling.contains("rope_theta") && base != nullptr) scaling["rope_theta"] = *base;
  return scaling;
}

}  // namespace

Rotary read_hugging_face_rotary(const JsonObject& config, double base, std::int64_t context) {
  const nlohmann::json* scaling = config.find("rope_scaling");
  const nlohmann::json* parameters = config.find("rope_parameters");
  if (scaling != nullptr && parameters != nullptr &&
      in_one_spelling(config, *scaling) != in_one_spelling(config, *parameters)) {
    refuse(config.where() + ": has both rope_scaling and rope_parameters, and they differ");
  }
  const double stated = config.has("rope_theta") ? above_zero(config, "rope_theta") : base;
  if (const auto object = config.object(parameters != nullptr ? "rope_parameters" : "rope_scaling"))
    return read_rotary_parameters(*object, stated, context);
  Rotary rotary;
  rotary.base = stated;
  return rotary;
}

Rotary read_rotary_parameters(const JsonObject& parameters, double base, std::int64_t context) {
  Rotary rotary;
  rotary.base = parameters.has("rope_theta") ? above_zero(parameters, "rope_theta") : base;
  read_scaling(parameters, context, rotary);
  return rotary;
}

}  // namespace gistmill::decoder
