// One object of a JSON file, read key by key with messages that name file, key, value found and value
// expected. Remembers which keys were asked for, so that the others can be refused. Not a parser
// (formats/json.hpp).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gistmill::decoder {

// All accessors throw Error (user). A key that is null counts as missing, as in Hugging Face's files.
class JsonObject {
 public:
  // `where` names the object in messages: "model/config.json", or "model/config.json: rope_scaling".
  JsonObject(const nlohmann::json& object, std::string where);

  bool has(const std::string& key) const { return find(key) != nullptr; }
  bool contains(const std::string& key) const { return object_->contains(key); }  // null counts as there
  const nlohmann::json* find(const std::string& key) const;                       // null where missing

  std::int64_t integer(const std::string& key) const;
  std::int64_t integer_or(const std::string& key, std::int64_t fallback) const;
  double number(const std::string& key) const;  // finite
  double number_or(const std::string& key, double fallback) const;
  bool boolean_or(const std::string& key, bool fallback) const;
  std::string string(const std::string& key) const;
  std::string string_or(const std::string& key, const std::string& fallback) const;
  std::optional<std::vector<std::int64_t>> integers(const std::string& key) const;
  std::vector<std::string> strings(const std::string& key) const;  // empty where missing
  std::vector<double> numbers(const std::string& key) const;       // finite; empty where missing
  // A token id or a list of them; empty where missing.
  std::vector<std::int64_t> token_ids(const std::string& key) const;
  std::optional<JsonObject> object(const std::string& key) const;

  // Throws where the key has another value: null and missing pass.
  void expect(const std::string& key, const nlohmann::json& expected) const;
  // Keys that nobody asked for, but for those that are null.
  std::vector<std::string> unread() const;

  const std::string& where() const { return where_; }
  [[noreturn]] void wrong(const std::string& key, const std::string& expected) const;

 private:
  const nlohmann::json& required(const std::string& key, const char* expected) const;

  const nlohmann::json* object_;
  std::string where_;
  mutable std::set<std::string> read_;
};

// Short, safe to print: `"silu"`, `[1, 2, ...`.
std::string printable_json(const nlohmann::json& value);

}  // namespace gistmill::decoder
