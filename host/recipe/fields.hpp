// Reads one table of a recipe or a manifest key by key: refuses keys that do not belong, wrong types and
// values out of range, always with the place and the remedy. Knows no key by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/recipe/value.hpp"

namespace gistmill {

// The place to show for a value: its key where it has one.
const Origin& place_of(const Value& value);

// "a string", "an integer"
std::string with_article(std::string_view noun);

class Fields {
 public:
  // `value` must be a table. `path`: dotted name in messages ("run", empty for the whole text).
  // `heading`: how the table is written ("[run]", "the recipe"). Unknown keys are refused here.
  Fields(const Value& value, std::string path, std::string heading, const std::vector<std::string>& allowed,
         ExitCode code);

  // The entry, or null.
  const Value* find(std::string_view key) const { return value_.find(key); }
  // The entry; a missing one is refused.
  const Value& required(std::string_view key) const;

  // Without `fallback` the key is required.
  std::string string(std::string_view key, std::optional<std::string> fallback = std::nullopt) const;
  bool boolean(std::string_view key, bool fallback) const;
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t least) const;
  double number(std::string_view key, double fallback) const;    // finite; an integer is taken as well
  std::vector<std::string> strings(std::string_view key) const;  // missing: none

  // The list or table under `key`, or null where it is missing; another type is refused.
  const Value::List* list(std::string_view key) const;
  const Value* table(std::string_view key) const;

  // "run.steps"
  std::string path_of(std::string_view key) const;
  // "run.steps is -1 when it should be <expected>", at the value.
  [[noreturn]] void refuse(const Value& value, std::string_view key, const std::string& expected) const;
  // "run.steps is a string when it should be an integer"
  [[noreturn]] void refuse_type(const Value& value, std::string_view key, const std::string& expected) const;

 private:
  const Value& value_;
  std::string path_;
  std::string heading_;
  ExitCode code_;
};

}  // namespace gistmill
