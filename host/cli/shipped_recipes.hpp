// The recipes that came with the program, as their files say it of themselves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/cli/command_line.hpp"

namespace gistmill {

struct ShippedRecipe {
  std::string name;            // "gistnet/refine": its place among them, without .toml
  std::filesystem::path file;  // absolute, links followed
  std::string doc;             // its `doc`, else the first sentence of the comment that it begins with
  std::string command;         // "gistmill run <file> --set ..." as that comment has it; "": none
  bool part = false;  // a layer of others, in a folder parts/ or without a command: not run by itself
};

// The folder of the recipes, links followed. Throws Failure where there is none.
std::filesystem::path recipes_folder();

// In the order of their names, parts last. A file that is no TOML is listed without `doc`.
std::vector<ShippedRecipe> shipped_recipes();

// `name` may lack its folders where only one recipe has that name. Throws Failure (ExitCode::usage) with the
// nearest names.
ShippedRecipe find_shipped_recipe(const std::string& name);

// Throws Failure (ExitCode::recipe) where the verb takes recipes, and one that is named is no file but the
// name of a recipe that came with the program: with the command that takes that one.
void expect_recipe_files(const Command& command);

// `file` as a person in the working folder would write it: relative where it lies below.
std::string written_path(const std::filesystem::path& file);

}  // namespace gistmill
