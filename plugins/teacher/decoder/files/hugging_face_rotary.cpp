#include "plugins/teacher/decoder/files/hugging_face_rotary.hpp"

#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

double above_zero(const JsonObject& json, const char* key) {
  const double value = json.number(key);
  if (!(value > 0.0)) json.wrong(key, "above 0");
  return value;
}

void read_scaling(const JsonObject& json, std::int64_t context, Rotary& rotary) {
  const std::string key = json.has("rope_type") ? "rope_type" : "type";
  const std::string kind = json.string_or(key, "default");
  json.find("type");  // beside rope_type it says the same, in the words of older versions
  if (kind == "linear") {
    rotary.scaling = Rotary::Scaling::kLinear;
    rotary.factor = above_zero(json, "factor");
  } else if (kind == "llama3") {
    rotary.scaling = Rotary::Scaling::kLlama3;
    rotary.factor = above_zero(json, "factor");
    rotary.low_frequency_factor = above_zero(json, "low_freq_factor");
    rotary.high_frequency_factor = above_zero(json, "high_freq_factor");
    if (!(rotary.high_frequency_factor > rotary.low_frequency_factor)) {
      json.wrong("high_freq_factor", "above low_freq_factor");
    }
    rotary.original_context =
        static_cast<double>(json.integer_or("original_max_position_embeddings", context));
    if (!(rotary.original_context > 0.0)) json.wrong("original_max_position_embeddings", "above 0");
  } else if (kind != "default") {
    json.wrong(key, "default, linear or llama3: positions scaled in another way are not known here");
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
