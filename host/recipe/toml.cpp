// toml++ to Value. toml++ sorts tables by key and forgets positions on copy, so order and places are taken
// right here, while its tree is alive.
#include "host/recipe/toml.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include <toml++/toml.h>

namespace gistmill {
namespace {

class Converter {
 public:
  Converter(const std::string& source, ExitCode code) : source_(source), code_(code) {}

  Value convert(const toml::node& node) const {
    Origin origin = place(node.source());
    if (const auto* table = node.as_table()) return Value(convert_table(*table), std::move(origin));
    if (const auto* array = node.as_array()) {
      Value::List list;
      for (const toml::node& item : *array) list.push_back(convert(item));
      return Value(std::move(list), std::move(origin));
    }
    if (const auto* string = node.as_string()) return Value(string->get(), std::move(origin));
    if (const auto* integer = node.as_integer()) return Value(integer->get(), std::move(origin));
    if (const auto* number = node.as_floating_point()) return Value(number->get(), std::move(origin));
    if (const auto* boolean = node.as_boolean()) return Value(boolean->get(), std::move(origin));
    throw Failure(code_, std::move(origin), "found a date, which recipes and manifests do not use",
                  {"write it as a string"});
  }

 private:
  Origin place(const toml::source_region& region) const {
    return {source_, region.begin.line, region.begin.column};
  }

  Value::Table convert_table(const toml::table& table) const {
    Value::Table entries;
    for (const auto& [key, node] : table) {
      Value value = convert(node);
      value.set_key_origin(place(key.source()));
      entries.emplace_back(std::string(key.str()), std::move(value));
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      const Origin& first = a.second.key_origin();
      const Origin& second = b.second.key_origin();
      return std::pair(first.line, first.column) < std::pair(second.line, second.column);
    });
    return entries;
  }

  const std::string& source_;
  ExitCode code_;
};

// "Error while parsing value: could not ..." in the host's style: lowercase.
std::string lowercase_start(std::string_view description) {
  std::string text(description);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

Value parse_toml(std::string_view text, const std::string& source, ExitCode code) {
  toml::table document;
  try {
    document = toml::parse(text);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw Failure(code, Origin{source, at.line, at.column}, lowercase_start(error.description()));
  }
  Value value = Converter(source, code).convert(document);
  return Value(std::move(value.data()), Origin{source, 0, 0});
}

}  // namespace gistmill
