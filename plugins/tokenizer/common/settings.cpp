// Reading of small JSON parts whose shape nobody promised.
#include "plugins/tokenizer/common/settings.hpp"

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

std::string brief(const nlohmann::json& value) {
  constexpr std::size_t kLongest = 300;
  std::string text = value.dump(-1, ' ', true);
  if (text.size() > kLongest) text.replace(kLongest, std::string::npos, "...");
  return text;
}

}  // namespace gistmill::tokenizer
