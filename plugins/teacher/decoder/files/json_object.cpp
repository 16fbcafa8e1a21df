#include "plugins/teacher/decoder/files/json_object.hpp"

#include <cmath>
#include <gistmill/formats/error.hpp>
#include <limits>

#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

using nlohmann::json;

std::optional<std::int64_t> as_integer(const json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> as_integers(const json& value) {
  if (!value.is_array()) return std::nullopt;
  std::vector<std::int64_t> result;
  for (const json& element : value) {
    const auto number = as_integer(element);
    if (!number) return std::nullopt;
    result.push_back(*number);
  }
  return result;
}

}  // namespace

std::string printable_json(const json& value) {
  constexpr std::size_t kLongest = 64;
  std::string result = value.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
  if (result.size() > kLongest) result = result.substr(0, kLongest) + "...";
  return result;
}

JsonObject::JsonObject(const json& object, std::string where) : object_(&object), where_(std::move(where)) {
  if (!object.is_object()) refuse(where_ + ": is " + printable_json(object) + " when it should be an object");
}

const json* JsonObject::find(const std::string& key) const {
  read_.insert(key);
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

void JsonObject::wrong(const std::string& key, const std::string& expected) const {
  const auto found = object_->find(key);
  const std::string value = found == object_->end() ? "missing" : printable_json(*found);
  refuse(where_ + ": " + key + " is " + value + " when it should be " + expected);
}

const json& JsonObject::required(const std::string& key, const char* expected) const {
  const json* value = find(key);
  if (value == nullptr) wrong(key, expected);
  return *value;
}

std::int64_t JsonObject::integer(const std::string& key) const {
  const auto value = as_integer(required(key, "a whole number"));
  if (!value) wrong(key, "a whole number");
  return *value;
}

std::int64_t JsonObject::integer_or(const std::string& key, std::int64_t fallback) const {
  return has(key) ? integer(key) : fallback;
}

double JsonObject::number(const std::string& key) const {
  const json& value = required(key, "a number");
  if (!value.is_number() || !std::isfinite(value.get<double>())) wrong(key, "a number");
  return value.get<double>();
}

double JsonObject::number_or(const std::string& key, double fallback) const {
  return has(key) ? number(key) : fallback;
}

bool JsonObject::boolean_or(const std::string& key, bool fallback) const {
  const json* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) wrong(key, "true or false");
  return value->get<bool>();
}

std::string JsonObject::string(const std::string& key) const {
  const json& value = required(key, "a string");
  if (!value.is_string()) wrong(key, "a string");
  return value.get<std::string>();
}

std::string JsonObject::string_or(const std::string& key, const std::string& fallback) const {
  return has(key) ? string(key) : fallback;
}

std::optional<std::vector<std::int64_t>> JsonObject::integers(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  auto result = as_integers(*value);
  if (!result) wrong(key, "a list of whole numbers");
  return result;
}

std::vector<std::string> JsonObject::strings(const std::string& key) const {
  const json* value = find(key);
  std::vector<std::string> result;
  if (value == nullptr) return result;
  if (!value->is_array()) wrong(key, "a list of strings");
  for (const json& element : *value) {
    if (!element.is_string()) wrong(key, "a list of strings");
    result.push_back(element.get<std::string>());
  }
  return result;
}

std::vector<double> JsonObject::numbers(const std::string& key) const {
  const json* value = find(key);
  std::vector<double> result;
  if (value == nullptr) return result;
  if (!value->is_array()) wrong(key, "a list of numbers");
  for (const json& element : *value) {
    if (!element.is_number() || !std::isfinite(element.get<double>())) wrong(key, "a list of numbers");
    result.push_back(element.get<double>());
  }
  return result;
}

std::vector<std::int64_t> JsonObject::token_ids(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return {};
  std::optional<std::vector<std::int64_t>> ids = as_integers(*value);
  if (const auto single = as_integer(*value)) ids = std::vector<std::int64_t>{*single};
  if (!ids) wrong(key, "a token id or a list of them");
  for (const std::int64_t id : *ids) {
    if (id < 0) wrong(key, "a token id or a list of them, none below 0");
  }
  return *ids;
}

std::optional<JsonObject> JsonObject::object(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  return JsonObject(*value, where_ + ": " + key);
}

void JsonObject::expect(const std::string& key, const json& expected) const {
  const json* value = find(key);
  if (value != nullptr && *value != expected) wrong(key, printable_json(expected));
}

std::vector<std::string> JsonObject::unread() const {
  std::vector<std::string> result;
  for (const auto& [key, value] : object_->items()) {
    if (!value.is_null() && read_.count(key) == 0) result.push_back(key);
  }
  return result;
}

}  // namespace gistmill::decoder
