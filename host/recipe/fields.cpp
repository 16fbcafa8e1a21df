// Strict reading of one table; every refusal says what was found and what should stand there.
#include "host/recipe/fields.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace gistmill {

const Origin& place_of(const Value& value) {
  return value.key_origin().known() ? value.key_origin() : value.origin();
}

std::string with_article(std::string_view noun) {
  const bool vowel = !noun.empty() && std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return fmt::format("{} {}", vowel ? "an" : "a", noun);
}

Fields::Fields(const Value& value, std::string path, std::string heading,
               const std::vector<std::string>& allowed, ExitCode code)
    : value_(value), path_(std::move(path)), heading_(std::move(heading)), code_(code) {
  const auto* table = value_.get_if<Value::Table>();
  if (table == nullptr) {
    throw Failure(code_, value_.origin(),
                  fmt::format("{} is {} when it should be a table", path_, with_article(value_.type_name())));
  }
  for (const auto& [key, entry] : *table) {
    if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
    throw Failure(code_, place_of(entry), fmt::format("unknown key '{}' in {}", key, heading_),
                  {suggestion(key, heading_, allowed)});
  }
}

const Value& Fields::required(std::string_view key) const {
  if (const Value* value = find(key)) return *value;
  throw Failure(code_, place_of(value_), fmt::format("{} lacks the key '{}'", heading_, key));
}

std::string Fields::string(std::string_view key, std::optional<std::string> fallback) const {
  if (fallback && find(key) == nullptr) return *fallback;
  const Value& value = required(key);
  const auto* string = value.get_if<std::string>();
  if (string == nullptr) refuse_type(value, key, "a string");
  return *string;
}

bool Fields::boolean(std::string_view key, bool fallback) const {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  const auto* boolean = value->get_if<bool>();
  if (boolean == nullptr) refuse_type(*value, key, "a boolean");
  return *boolean;
}

std::int64_t Fields::integer(std::string_view key, std::int64_t fallback, std::int64_t least) const {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  const auto* integer = value->get_if<std::int64_t>();
  if (integer == nullptr) refuse_type(*value, key, "an integer");
  if (*integer < least) refuse(*value, key, fmt::format("at least {}", least));
  return *integer;
}

double Fields::number(std::string_view key, double fallback) const {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  if (const auto* integer = value->get_if<std::int64_t>()) return static_cast<double>(*integer);
  const auto* number = value->get_if<double>();
  if (number == nullptr) refuse_type(*value, key, "a float");
  if (!std::isfinite(*number)) refuse(*value, key, "a finite number");
  return *number;
}

std::vector<std::string> Fields::strings(std::string_view key) const {
  std::vector<std::string> strings;
  const Value::List* items = list(key);
  if (items == nullptr) return strings;
  for (const Value& item : *items) {
    const auto* string = item.get_if<std::string>();
    if (string == nullptr) {
      throw Failure(code_, item.origin(),
                    fmt::format("{} holds {} when it should hold strings only", path_of(key),
                                with_article(item.type_name())));
    }
    strings.push_back(*string);
  }
  return strings;
}

const Value::List* Fields::list(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return nullptr;
  const auto* list = value->get_if<Value::List>();
  if (list == nullptr) refuse_type(*value, key, "a list");
  return list;
}

const Value* Fields::table(std::string_view key) const {
  const Value* value = find(key);
  if (value != nullptr && !value->is_table()) refuse_type(*value, key, "a table");
  return value;
}

std::string Fields::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void Fields::refuse(const Value& value, std::string_view key, const std::string& expected) const {
  throw Failure(code_, value.origin(),
                fmt::format("{} is {} when it should be {}", path_of(key), value.text(), expected));
}

void Fields::refuse_type(const Value& value, std::string_view key, const std::string& expected) const {
  throw Failure(
      code_, value.origin(),
      fmt::format("{} is {} when it should be {}", path_of(key), with_article(value.type_name()), expected));
}

}  // namespace gistmill
