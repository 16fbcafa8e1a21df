// Writes a resolved tree as TOML: values first, then a header for each table; reads [lock] back.
#include "host/recipe/lock.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/recipe/fields.hpp"
#include "host/recipe/recipe_keys.hpp"
#include "host/recipe/stage_schema.hpp"
#include "host/recipe/variables.hpp"

namespace gistmill {
namespace {

constexpr std::size_t kLineWidth = 100;

bool is_list_of_tables(const Value& value) {
  const auto* list = value.get_if<Value::List>();
  return list != nullptr && !list->empty() &&
         std::all_of(list->begin(), list->end(), [](const Value& item) { return item.is_table(); });
}

void write_value(std::string& text, const std::string& key, const Value& value) {
  std::string line = fmt::format("{} = {}\n", key_text(key), value.text());
  const auto* list = value.get_if<Value::List>();
  if (list != nullptr && line.size() > kLineWidth) {
    line = key_text(key) + " = [\n";
    for (const Value& item : *list) line += fmt::format("  {},\n", item.text());
    line += "]\n";
  }
  text += line;
}

void write_table(std::string& text, const Value::Table& table, const std::string& path) {
  for (const auto& [key, value] : table) {
    if (!value.is_table() && !is_list_of_tables(value)) write_value(text, key, value);
  }
  for (const auto& [key, value] : table) {
    const std::string inner = path.empty() ? key_text(key) : path + "." + key_text(key);
    if (const auto* inner_table = value.get_if<Value::Table>()) {
      text += fmt::format("\n[{}]\n", inner);
      write_table(text, *inner_table, inner);
    } else if (is_list_of_tables(value)) {
      for (const Value& item : *value.get_if<Value::List>()) {
        text += fmt::format("\n[[{}]]\n", inner);
        write_table(text, *item.get_if<Value::Table>(), inner);
      }
    }
  }
}

// The recipe's tree without the keys that reading has applied, and with the recipes of its stages in it: no
// other file is needed to run it again.
Value locked_tree(const Recipe& recipe) {
  Value tree = recipe.resolved;
  if (Value* stages = tree.find("stage")) {
    stages->data() = written_stages(recipe, [](const Stage& stage) { return locked_tree(*stage.recipe); });
  }
  auto& table = std::get<Value::Table>(tree.data());
  const auto spent = [](const auto& entry) { return entry.first == "variables" || entry.first == "lock"; };
  table.erase(std::remove_if(table.begin(), table.end(), spent), table.end());
  return tree;
}

}  // namespace

RecipeLock read_lock(const Value& table) {
  const Fields fields(table, "lock", "[lock]", keys_of("lock"), ExitCode::recipe);
  RecipeLock lock;
  lock.origin = place_of(table);
  lock.host = fields.string("host", "");
  const Value::List* plugins = fields.list("plugins");
  if (plugins == nullptr) return lock;
  for (const Value& value : *plugins) {
    const Fields plugin(value, "lock.plugins", "[[lock.plugins]]", keys_of("lock.plugins"), ExitCode::recipe);
    lock.plugins.push_back({plugin.string("component"), plugin.string("file"), plugin.string("version"),
                            plugin.string("sha256")});
  }
  return lock;
}

std::string resolved_text(const Recipe& recipe) {
  Value tree = locked_tree(recipe);
  escape_variables(tree);
  std::string text;
  write_table(text, *tree.get_if<Value::Table>(), "");
  return text;
}

std::string lock_text(const Recipe& recipe, const std::vector<LockedPlugin>& plugins,
                      std::string_view host_version) {
  std::string text = "# The recipe as it ran: layers merged, variables filled in. Runs again as it stands.\n";
  text += resolved_text(recipe);
  text += fmt::format("\n[lock]\nhost = {}\n", string_text(host_version));
  for (const LockedPlugin& plugin : plugins) {
    text += fmt::format("\n[[lock.plugins]]\ncomponent = {}\nfile = {}\nversion = {}\nsha256 = {}\n",
                        string_text(plugin.component), string_text(plugin.file), string_text(plugin.version),
                        string_text(plugin.sha256));
  }
  return text;
}

}  // namespace gistmill
