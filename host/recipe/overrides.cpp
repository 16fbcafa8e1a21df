// Lets toml++ read key and value apart, so that quoting and types are TOML's own.
#include "host/recipe/overrides.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "host/recipe/layers.hpp"
#include "host/recipe/toml.hpp"

namespace gistmill {
namespace {

constexpr const char* kForm = "write it as key=value, as in components.gist.width=256";

// The '=' between key and value; keys may hold one in quotes.
std::size_t find_equals(std::string_view text) {
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '=') {
      return at;
    }
  }
  return std::string_view::npos;
}

// The only entry of a table, or null.
const std::pair<std::string, Value>* only_entry(const Value& value) {
  const auto* table = value.get_if<Value::Table>();
  return table != nullptr && table->size() == 1 ? &table->front() : nullptr;
}

// Whether a text that is no TOML value was meant to be one.
bool looks_like_toml(std::string_view text) {
  return std::string_view("[{\"'").find(text.front()) != std::string_view::npos;
}

// The value's places all become the override's.
Value with_origin(const Value& value, const Origin& origin) {
  Value::Data data = value.data();
  if (auto* list = std::get_if<Value::List>(&data)) {
    for (Value& item : *list) item = with_origin(item, origin);
  } else if (auto* table = std::get_if<Value::Table>(&data)) {
    for (auto& entry : *table) entry.second = with_origin(entry.second, origin);
  }
  Value result(std::move(data), origin);
  result.set_key_origin(origin);
  return result;
}

Value parse_value(std::string_view text, const Origin& origin) {
  if (text.find_first_not_of(" \t") == std::string_view::npos) {
    throw Failure(ExitCode::usage, origin, "the value is missing",
                  {"for an empty string write '\"\"', quoted for the shell as well"});
  }
  text.remove_prefix(text.find_first_not_of(" \t"));
  try {
    const Value tree = parse_toml(fmt::format("value = {}", text), origin.file, ExitCode::usage);
    if (const auto* entry = only_entry(tree)) return with_origin(entry->second, origin);
  } catch (const Failure& failure) {
    if (looks_like_toml(text)) {
      throw Failure(ExitCode::usage, origin, "the value is malformed: " + failure.message(),
                    {"the value is TOML, and the shell takes quotes away: put single quotes around it all"});
    }
  }
  return with_origin(Value(std::string(text), origin), origin);
}

Value parse_override(const std::string& text) {
  const Origin origin{kOverridePrefix + text, 0, 0};
  const std::size_t equals = find_equals(text);
  if (equals == std::string::npos) throw Failure(ExitCode::usage, origin, "it lacks '='", {kForm});
  const std::vector<std::string> path =
      parse_key(std::string_view(text).substr(0, equals), origin, ExitCode::usage);
  Value value = parse_value(std::string_view(text).substr(equals + 1), origin);
  for (auto key = path.rbegin(); key != path.rend(); ++key) {
    Value::Table table;
    table.emplace_back(*key, std::move(value));
    value = Value(std::move(table), origin);
    value.set_key_origin(origin);
  }
  return value;
}

// pipelines.NAME.minimize=loss
bool names_what_is_minimized(const Value& override_tree) {
  const auto* pipelines = only_entry(override_tree);
  if (pipelines == nullptr || pipelines->first != "pipelines") return false;
  const auto* pipeline = only_entry(pipelines->second);
  const auto* key = pipeline == nullptr ? nullptr : only_entry(pipeline->second);
  return key != nullptr && key->first == "minimize" && key->second.get_if<std::string>() != nullptr;
}

}  // namespace

std::vector<std::string> parse_key(std::string_view key, const Origin& origin, ExitCode code) {
  const auto malformed = [&origin, code] {
    return Failure(code, origin, "the key is malformed",
                   {code == ExitCode::usage ? kForm : "write it as components.gist.width"});
  };
  if (key.find('\n') != std::string_view::npos) throw malformed();
  std::vector<std::string> path;
  try {
    const Value tree = parse_toml(fmt::format("{} = 0", key), origin.file, code);
    for (const auto* entry = only_entry(tree); entry != nullptr; entry = only_entry(entry->second)) {
      path.push_back(entry->first);
    }
  } catch (const Failure&) {
    throw malformed();
  }
  if (path.empty()) throw malformed();
  return path;
}

std::vector<Value> override_layers(const std::vector<std::string>& overrides) {
  std::vector<Value> layers(2, Value(Value::Table{}, Origin{}));
  for (const std::string& text : overrides) {
    Value parsed = parse_override(text);
    Value& layer = layers[names_what_is_minimized(parsed) ? 0 : 1];
    // Not merge_layer's rule for components here: `use` and an option for it come in either order.
    merge_plainly(layer, std::move(parsed));
  }
  return layers;
}

Value parse_overrides(const std::vector<std::string>& overrides) {
  Value layer(Value::Table{}, Origin{});
  for (const std::string& text : overrides) merge_plainly(layer, parse_override(text));
  return layer;
}

}  // namespace gistmill
