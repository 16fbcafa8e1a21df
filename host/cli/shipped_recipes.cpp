#include "host/cli/shipped_recipes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <system_error>
#include <tuple>

#include "host/cli/verb_table.hpp"
#include "host/diagnostic/did_you_mean.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/text_file.hpp"
#include "host/installation/folders.hpp"
#include "host/recipe/toml.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRuns[] = {"gistmill run ", "gistmill sweep ", "gistmill prepare "};

// The lines of the comment that the text begins with, without "# ".
std::vector<std::string> head_comment(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line) && line.starts_with('#');)
    lines.push_back(line.substr(std::min(line.size(), line.find_first_not_of("# "))));
  return lines;
}

std::string first_sentence(const std::string& text) {
  const std::size_t end = text.find(". ");
  std::string sentence = text.substr(0, end);
  if (sentence.ends_with('.')) sentence.pop_back();
  return sentence;
}

std::string doc_of(const std::string& text, const std::string& source) {
  try {
    const Value recipe = parse_toml(text, source, ExitCode::recipe);
    const Value* doc = recipe.find("doc");
    if (doc != nullptr && doc->get_if<std::string>() != nullptr)
      return first_sentence(*doc->get_if<std::string>());
  } catch (const Failure&) {
    return "";  // validate says what is wrong
  }
  std::string words;
  for (const std::string& line : head_comment(text)) {
    const auto stands_in = [&](std::string_view run) { return line.find(run) != std::string::npos; };
    if (std::ranges::none_of(kRuns, stands_in)) words += (words.empty() ? "" : " ") + line;
  }
  return first_sentence(words);
}

// "scripts/quickstart.sh, or: gistmill run recipes/gistnet/quickstart.toml --set a=b" -> from "gistmill" on.
std::string command_of(const std::string& text, const fs::path& file) {
  for (const std::string& line : head_comment(text)) {
    for (const std::string_view run : kRuns) {
      const std::size_t start = line.find(run);
      if (start == std::string::npos) continue;
      const std::size_t recipe = start + run.size();
      const std::size_t end = std::min(line.find(' ', recipe), line.size());
      return fmt::format("{}{}{}", run, written_path(file), line.substr(end));
    }
  }
  return "";
}

ShippedRecipe describe(const fs::path& file, const fs::path& folder) {
  const std::string text = read_text_file(file);
  const fs::path place = file.lexically_relative(folder);
  ShippedRecipe recipe{fs::path(place).replace_extension().generic_string(), file,
                       doc_of(text, file.string()), command_of(text, file)};
  const bool among_parts = std::ranges::find(place, fs::path("parts")) != place.end();
  recipe.part = among_parts || recipe.command.empty();
  if (recipe.part) recipe.command.clear();
  return recipe;
}

// "gistmill plan recipes/gistnet/quickstart.toml" of each shipped recipe that has this name, with or without
// its folders and .toml.
std::vector<std::string> commands_with(const std::string& verb, const std::string& name) {
  const std::string bare = name.ends_with(".toml") ? name.substr(0, name.size() - 5) : name;
  std::vector<std::string> commands;
  for (const ShippedRecipe& recipe : shipped_recipes()) {
    if (recipe.name == bare || recipe.name.ends_with("/" + bare))
      commands.push_back(fmt::format("gistmill {} {}", verb, written_path(recipe.file)));
  }
  return commands;
}

}  // namespace

fs::path recipes_folder() {
  const fs::path named = program_folders().recipes;
  std::error_code error;
  fs::path folder = fs::canonical(named, error);
  if (error) {
    throw Failure(ExitCode::failed,
                  fmt::format("the recipes are not there: {}: {}", named.string(), error.message()),
                  {"install gistmill again"});
  }
  return folder;
}

std::vector<ShippedRecipe> shipped_recipes() {
  const fs::path folder = recipes_folder();
  std::vector<ShippedRecipe> recipes;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".toml") recipes.push_back(describe(entry.path(), folder));
  }
  std::ranges::sort(recipes, {},
                    [](const ShippedRecipe& recipe) { return std::tuple(recipe.part, recipe.name); });
  return recipes;
}

ShippedRecipe find_shipped_recipe(const std::string& name) {
  std::vector<ShippedRecipe> found;
  std::vector<std::string> names;
  for (const ShippedRecipe& recipe : shipped_recipes()) {
    if (recipe.name == name) return recipe;
    if (recipe.name.ends_with("/" + name)) found.push_back(recipe);
    names.push_back(recipe.name);
    if (name.find('/') == std::string::npos) names.back().erase(0, recipe.name.rfind('/') + 1);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    std::vector<std::string> notes;
    for (const ShippedRecipe& recipe : found) notes.push_back(recipe.name);
    throw Failure(ExitCode::usage, fmt::format("several recipes have the name '{}'", name), notes);
  }
  throw Failure(ExitCode::usage, fmt::format("no recipe '{}' came with the program", name),
                did_you_mean(name, names, {"gistmill recipes list shows what there is"}));
}

void expect_recipe_files(const Command& command) {
  const Verb* verb = find_verb(command.verb);
  const std::string_view arguments = verb == nullptr ? "" : verb->arguments;
  if (!arguments.starts_with("RECIPE") && !arguments.starts_with("STUDY")) return;
  const std::size_t recipes = arguments.ends_with("...") ? command.arguments.size() : 1;
  for (std::size_t i = 0; i < std::min(recipes, command.arguments.size()); ++i) {
    const std::string& name = command.arguments[i];
    std::error_code error;
    if (fs::exists(name, error) || !fs::exists(program_folders().recipes, error)) continue;
    const std::vector<std::string> commands = commands_with(command.verb, name);
    if (commands.empty()) continue;
    throw Failure(ExitCode::recipe,
                  fmt::format("there is no file '{}'; a recipe of that name came with the program", name),
                  commands);
  }
}

std::string written_path(const fs::path& file) {
  std::error_code error;
  const fs::path here = fs::canonical(fs::current_path(error), error);
  const fs::path below = error ? fs::path() : file.lexically_relative(here);
  return below.empty() || below.begin()->string() == ".." ? file.string() : below.string();
}

}  // namespace gistmill
