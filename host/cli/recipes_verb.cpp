// recipes list, show, copy: from a program that was installed to a recipe of one's own.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/cli/shipped_recipes.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/files/text_file.hpp"
#include "host/recipe/lock.hpp"
#include "host/recipe/moved_text.hpp"
#include "host/recipe/recipe.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// Whether `file` lies in the tree that `folder` is a part of: they are moved together.
bool belong_together(const fs::path& file, const fs::path& folder) {
  const fs::path relative = file.lexically_relative(folder.parent_path());
  return !relative.empty() && relative.begin()->string() != "..";
}

// The command in the comment that it begins with, for the copy.
std::string with_command_of(std::string text, const std::string& name, const std::string& copy) {
  const std::string named = "recipes/" + name + ".toml";
  const std::size_t at = text.find(named);
  const bool in_comment = at != std::string::npos && text[text.rfind('\n', at) + 1] == '#';
  return in_comment ? text.replace(at, named.size(), copy) : text;
}

// "run" of "gistmill run recipes/x.toml".
std::string verb_of(const std::string& command) {
  const std::size_t begin = command.find(' ') + 1;
  return command.substr(begin, command.find(' ', begin) - begin);
}

fs::path copy_of(const Command& command, const ShippedRecipe& recipe) {
  fs::path default_name = recipe.file.filename();
  if (command.arguments.size() < 2) return default_name;
  const fs::path named = command.arguments[1];
  return fs::is_directory(named) ? named / default_name : named;
}

}  // namespace

ExitCode run_recipes_list(const Command& command) {
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  bool told_of_parts = false;
  for (const ShippedRecipe& recipe : shipped_recipes()) {
    if (recipe.part && !told_of_parts) text += "\nlayers that others extend:\n";
    told_of_parts = recipe.part;
    text += fmt::format("{}\n    {}\n", recipe.name, recipe.doc);
    if (!recipe.part) text += fmt::format("    {}\n", recipe.command);
    json.push_back({{"name", recipe.name},
                    {"file", recipe.file.string()},
                    {"doc", recipe.doc},
                    {"command", recipe.command},
                    {"part", recipe.part}});
  }
  print_answer(command.json() ? json.dump(2) + "\n" : text);
  return ExitCode::ok;
}

ExitCode run_recipes_show(const Command& command) {
  const ShippedRecipe recipe = find_shipped_recipe(command.arguments.front());
  print_answer(command.has("resolved") ? resolved_text(load_recipe(recipe.file, {}))
                                       : read_text_file(recipe.file));
  return ExitCode::ok;
}

ExitCode run_recipes_copy(const Command& command) {
  const ShippedRecipe recipe = find_shipped_recipe(command.arguments.front());
  const fs::path copy = copy_of(command, recipe);
  std::error_code error;
  if (fs::exists(fs::symlink_status(copy, error)) && !command.has("force")) {
    throw Failure(ExitCode::usage, fmt::format("{} exists already", copy.string()),
                  {"--force overwrites it; gistmill recipes copy NAME FILE takes another name"});
  }
  const fs::path folder = fs::weakly_canonical(fs::absolute(copy).parent_path());
  const auto name_of = [&](const fs::path& file) {
    return belong_together(folder / "x", recipes_folder()) ? file.lexically_relative(folder).string()
                                                           : file.string();
  };
  const std::string text =
      moved_text(read_text_file(recipe.file), recipe.file.string(), recipe.file.parent_path(), name_of);
  write_file_atomically(copy, with_command_of(text, recipe.name, copy.string()));
  print_answer(copy.string() + "\n");
  if (!recipe.part) print_talk(fmt::format("gistmill {} {}", verb_of(recipe.command), copy.string()));
  return ExitCode::ok;
}

}  // namespace gistmill
