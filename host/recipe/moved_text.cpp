// Strings are replaced where they stand, from the last to the first, so that places stay right.
#include "host/recipe/moved_text.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "host/recipe/toml.hpp"
#include "host/recipe/value.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

void add_names(const Value* value, std::vector<const Value*>& names) {
  if (value == nullptr) return;
  if (const auto* list = value->get_if<Value::List>()) {
    for (const Value& item : *list) add_names(&item, names);
  }
  const auto* name = value->get_if<std::string>();
  if (name != nullptr && fs::path(*name).is_relative() && name->find("${") == std::string::npos)
    names.push_back(value);
}

// Of the stages of `around`, a recipe or a group of stages that take turns.
void add_names_of_stages(const Value& around, std::vector<const Value*>& names) {
  const Value* stages = around.is_table() ? around.find("stage") : nullptr;
  const auto* list = stages == nullptr ? nullptr : stages->get_if<Value::List>();
  if (list == nullptr) return;
  for (const Value& stage : *list) {
    if (!stage.is_table()) continue;
    add_names(stage.find("recipe"), names);
    add_names_of_stages(stage, names);
  }
}

// The strings of `recipe` that name other recipes, from the last to the first.
std::vector<const Value*> names_of_recipes(const Value& recipe) {
  std::vector<const Value*> names;
  add_names(recipe.find("extends"), names);
  add_names_of_stages(recipe, names);
  std::ranges::sort(names, [](const Value* left, const Value* right) {
    const auto place = [](const Value* value) {
      return std::pair(value->origin().line, value->origin().column);
    };
    return place(left) > place(right);
  });
  return names;
}

// Of a place: columns count characters, not bytes.
std::size_t byte_of(std::string_view text, const Origin& origin) {
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < origin.line; ++line) at = text.find('\n', at) + 1;
  for (std::uint32_t column = 1; column < origin.column && at < text.size(); ++column) {
    do ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  }
  return at;
}

// How many bytes the string that begins at `start` takes, with its quotes.
std::size_t quoted_size(std::string_view text, std::size_t start) {
  const char quote = text[start];
  const bool many =
      text.substr(start, 3) == std::string(3, quote);  // of several lines; "" holds no file's name
  const std::string end(many ? 3 : 1, quote);
  std::size_t at = start + end.size();
  while (at < text.size() && text.substr(at, end.size()) != end)
    at += quote == '"' && text[at] == '\\' ? 2 : 1;
  return at + end.size() - start;
}

}  // namespace

std::string moved_text(const std::string& text, const std::string& source, const fs::path& from,
                       const std::function<std::string(const fs::path& file)>& name_of) {
  const Value recipe = parse_toml(text, source, ExitCode::recipe);
  std::string moved = text;
  for (const Value* name : names_of_recipes(recipe)) {
    const fs::path file = fs::absolute(from / *name->get_if<std::string>()).lexically_normal();
    const std::size_t start = byte_of(moved, name->origin());
    moved.replace(start, quoted_size(moved, start), string_text(name_of(file)));
  }
  return moved;
}

}  // namespace gistmill
