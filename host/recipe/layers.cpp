// Follows `extends`, merges.
#include "host/recipe/layers.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/recipe/fields.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

class LayerReader {
 public:
  explicit LayerReader(ParsedFiles& files) : files_(files) {}

  Value read(const fs::path& path, const Origin& named_at) {
    enter(path, named_at);
    Value own = files_.parse(path, named_at);
    Value merged(Value::Table{}, own.origin());
    for (const auto& [name, origin] : take_extends(own)) {
      merge_layer(merged, read((path.parent_path() / name).lexically_normal(), origin));
    }
    merge_layer(merged, std::move(own));
    open_.pop_back();
    return merged;
  }

 private:
  struct OpenFile {
    fs::path identity;
    std::string name;
  };

  void enter(const fs::path& path, const Origin& named_at) {
    std::error_code ignored;
    const fs::path identity = fs::weakly_canonical(path, ignored);
    const auto same = std::find_if(open_.begin(), open_.end(),
                                   [&](const OpenFile& file) { return file.identity == identity; });
    if (same != open_.end()) {
      std::string chain;
      for (auto file = same; file != open_.end(); ++file) chain += file->name + " -> ";
      throw Failure(ExitCode::recipe, named_at, "the recipe extends itself", {chain + path.string()});
    }
    open_.push_back({identity, path.string()});
  }

  static std::vector<std::pair<std::string, Origin>> take_extends(Value& own) {
    auto& table = std::get<Value::Table>(own.data());
    const auto entry =
        std::find_if(table.begin(), table.end(), [](const auto& item) { return item.first == "extends"; });
    if (entry == table.end()) return {};
    const Value extends = std::move(entry->second);
    table.erase(entry);

    std::vector<std::pair<std::string, Origin>> names;
    const auto add = [&names](const Value& value) {
      const auto* name = value.get_if<std::string>();
      if (name == nullptr) {
        throw Failure(ExitCode::recipe, value.origin(),
                      fmt::format("extends is {} when it should be a file name or a list of file names",
                                  with_article(value.type_name())));
      }
      names.emplace_back(*name, value.origin());
    };
    if (const auto* list = extends.get_if<Value::List>()) {
      for (const Value& item : *list) add(item);
    } else {
      add(extends);
    }
    return names;
  }

  ParsedFiles& files_;
  std::vector<OpenFile> open_;  // from the recipe down to the file being read
};

// Whether `above` names another component (or another stage's) than `below`.
bool starts_afresh(const Value& below, const Value& above) {
  for (const char* key : {"use", "from"}) {
    const Value* named = above.find(key);
    if (named == nullptr) continue;
    const Value* before = below.find(key);
    if (before == nullptr || before->text() != named->text()) return true;
  }
  return false;
}

void replace(Value& below, Value above) {
  if (auto* entries = std::get_if<Value::Table>(&above.data())) {
    for (auto& [key, value] : *entries) {
      if (const Value* before = below.find(key)) value.overrides(*before);
    }
  }
  above.overrides(std::move(below));
  below = std::move(above);
}

// Where in the recipe two tables are merged: components and what a pipeline minimizes have rules of their
// own.
enum class Level { recipe, components, pipelines, pipeline, elsewhere };

Level level_of(Level level, const std::string& key) {
  if (level == Level::recipe && key == "components") return Level::components;
  if (level == Level::recipe && key == "pipelines") return Level::pipelines;
  return level == Level::pipelines ? Level::pipeline : Level::elsewhere;
}

// minimize = "loss" as { loss = 1.0 }, so that a layer above can add a part or set its weight.
void write_as_weights(Value& minimize) {
  const auto* slot = minimize.get_if<std::string>();
  if (slot == nullptr || slot->empty()) return;
  Value weight(1.0, minimize.origin());
  weight.set_key_origin(minimize.origin());
  minimize.data() = Value::Table{{*slot, std::move(weight)}};
}

void merge_tables(Value& below, Value above, Level level) {
  auto& entries = std::get<Value::Table>(below.data());
  for (auto& [key, value] : std::get<Value::Table>(above.data())) {
    Value* before = below.find(key);
    if (before == nullptr) {
      entries.emplace_back(key, std::move(value));
      continue;
    }
    if (level == Level::pipeline && key == "minimize" && value.is_table()) write_as_weights(*before);
    if (!before->is_table() || !value.is_table() ||
        (level == Level::components && starts_afresh(*before, value))) {
      replace(*before, std::move(value));
    } else {
      merge_tables(*before, std::move(value), level_of(level, key));
    }
  }
}

}  // namespace

Value read_layers(const fs::path& path, const Origin& named_at, ParsedFiles& files) {
  return LayerReader(files).read(path, named_at);
}

void merge_layer(Value& below, Value above) { merge_tables(below, std::move(above), Level::recipe); }

void merge_plainly(Value& below, Value above) { merge_tables(below, std::move(above), Level::elsewhere); }

}  // namespace gistmill
