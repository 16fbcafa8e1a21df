// A value of a recipe with the place it came from. toml++ forgets positions on copy, and layers must be
// merged, so the recipe keeps its own tree. Not a general TOML document: dates are refused while parsing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

class Value {
 public:
  using List = std::vector<Value>;
  using Table = std::vector<std::pair<std::string, Value>>;  // in the order of first appearance
  using Data = std::variant<bool, std::int64_t, double, std::string, List, Table>;

  Value() : data_(Table{}) {}
  Value(Data data, Origin origin) : data_(std::move(data)), origin_(std::move(origin)) {}

  const Data& data() const { return data_; }
  Data& data() { return data_; }
  const Origin& origin() const { return origin_; }          // of the value
  const Origin& key_origin() const { return key_origin_; }  // of the key that names it
  void set_key_origin(Origin origin) { key_origin_ = std::move(origin); }

  // Values that this one replaced, the latest first: what `explain` shows as "overridden".
  const std::vector<Value>& overridden() const { return overridden_; }
  void overrides(Value older);

  template <class T>
  const T* get_if() const {
    return std::get_if<T>(&data_);
  }
  bool is_table() const { return std::holds_alternative<Table>(data_); }

  // The entry of a table, or null.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);

  const char* type_name() const;  // "integer", "table", ...
  std::string text() const;       // as TOML on one line: 0.25, "a b", [1, 2], { a = 1 }

 private:
  Data data_;
  Origin origin_;
  Origin key_origin_;
  std::vector<Value> overridden_;
};

// As TOML: a quoted string with escapes; a key, quoted only where it must be.
std::string string_text(std::string_view string);
std::string key_text(std::string_view key);

}  // namespace gistmill
