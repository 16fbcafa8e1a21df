// The recipe's tree: look-up, names of types, and a value as TOML on one line.
#include "host/recipe/value.hpp"

#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace gistmill {
namespace {

std::string float_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  std::string text = fmt::format("{}", number);  // the shortest text that reads back to the same number
  // Without a point or an exponent TOML would read an integer.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string list_text(const Value::List& list) {
  std::string text = "[";
  for (const Value& item : list) text += (text.size() > 1 ? ", " : "") + item.text();
  return text + "]";
}

std::string table_text(const Value::Table& table) {
  if (table.empty()) return "{}";
  std::string text = "{";
  for (const auto& [key, value] : table) {
    text += fmt::format("{}{} = {}", text.size() > 1 ? ", " : " ", key_text(key), value.text());
  }
  return text + " }";
}

}  // namespace

std::string string_text(std::string_view string) {
  std::string text = "\"";
  for (char c : string) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      text += fmt::format("\\u{:04X}", byte);
    } else {
      text += c;
    }
  }
  return text + '"';
}

std::string key_text(std::string_view key) {
  constexpr std::string_view kBare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  const bool bare = !key.empty() && key.find_first_not_of(kBare) == std::string_view::npos;
  return bare ? std::string(key) : string_text(key);
}

void Value::overrides(Value older) {
  std::vector<Value> before = std::move(older.overridden_);
  older.overridden_.clear();
  overridden_.push_back(std::move(older));
  overridden_.insert(overridden_.end(), std::make_move_iterator(before.begin()),
                     std::make_move_iterator(before.end()));
}

const Value* Value::find(std::string_view key) const {
  const Table* table = get_if<Table>();
  if (table == nullptr) return nullptr;
  for (const auto& [name, value] : *table) {
    if (name == key) return &value;
  }
  return nullptr;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(static_cast<const Value*>(this)->find(key));
}

const char* Value::type_name() const {
  constexpr std::array<const char*, 6> kNames = {"boolean", "integer", "float", "string", "list", "table"};
  return kNames.at(data_.index());
}

std::string Value::text() const {
  struct Text {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return float_text(value); }
    std::string operator()(const std::string& value) const { return string_text(value); }
    std::string operator()(const List& value) const { return list_text(value); }
    std::string operator()(const Table& value) const { return table_text(value); }
  };
  return std::visit(Text{}, data_);
}

}  // namespace gistmill
