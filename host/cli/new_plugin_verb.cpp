// plugins new: a project that builds, from what is shipped for its role (sdk/roles).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/diagnostic/did_you_mean.hpp"
#include "host/files/filled_folder.hpp"
#include "host/files/text_file.hpp"
#include "host/installation/folders.hpp"
#include "host/recipe/toml.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

constexpr const char* kTiers[] = {"libtorch", "c"};  // the first that a role has is its default
constexpr const char* kProject = "project";          // the folder of what all roles share

// Roles by name, each with its tiers.
using Roles = std::map<std::string, std::vector<std::string>>;

Roles shipped_roles() {
  Roles roles;
  std::error_code error;
  const fs::path folder = program_folders().roles;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name == kProject) continue;
    for (const char* tier : kTiers) {
      if (fs::is_directory(entry->path() / tier)) roles[name].emplace_back(tier);
    }
  }
  if (roles.empty()) {
    throw Failure(ExitCode::plugin, fmt::format("no roles are in {}", folder.string()),
                  {"install gistmill again"});
  }
  return roles;
}

std::vector<std::string> names_of(const Roles& roles) {
  std::vector<std::string> names;
  for (const auto& entry : roles) names.push_back(entry.first);
  return names;
}

// It becomes the name of a file, of a target of CMake and, with capitals, of a class.
void check_name(const std::string& name) {
  const auto fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  const bool letter_first = !name.empty() && name.front() >= 'a' && name.front() <= 'z';
  if (letter_first && name.back() != '-' && name.find("--") == std::string::npos &&
      std::ranges::all_of(name, fine))
    return;
  throw Failure(ExitCode::usage, fmt::format("'{}' is no name for a plugin", name),
                {"take lower-case letters, digits and single hyphens, a letter first: sharp-margin"});
}

// "sharp-margin" -> "SharpMargin"
std::string class_name(const std::string& name) {
  std::string result;
  bool capital = true;
  for (const char c : name) {
    if (c == '-') {
      capital = true;
      continue;
    }
    result += capital && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    capital = false;
  }
  return result;
}

using Words =
    std::vector<std::pair<std::string, std::string>>;  // what stands there, and what is to stand there

std::string replaced(std::string text, const Words& words) {
  for (const auto& [word, by] : words) {
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += by.size())
      text.replace(at, word.size(), by);
  }
  return text;
}

std::string first_component(const std::string& manifest, const std::string& source) {
  const Value parsed = parse_toml(manifest, source, ExitCode::plugin);
  return parsed.find("components")->get_if<Value::Table>()->begin()->first;
}

Words words_of(const std::string& name, const std::string& component, bool torch) {
  return {{"@components@", torch ? " COMPONENTS torch" : ""},
          {"@torch@", torch ? " TORCH" : ""},
          {"@torch_root@", torch ? " -DGISTMILL_TORCH_ROOT=<LibTorch>" : ""},
          {"@torch_words@", torch ? " `GISTMILL_TORCH_ROOT` is the folder with LibTorch's `include/` and\n"
                                    "`lib/`; of the pip wheel it is `<site-packages>/torch`. It has to be "
                                    "the version that the program was built with."
                                  : ""},
          {"@component@", component},
          {"Example", class_name(name)},
          {"example", name}};
}

struct Choice {
  std::string role;
  std::string tier;
};

Choice choice_of(const Command& command) {
  const Roles roles = shipped_roles();
  const std::string role = command.value("role").value_or("");
  const auto found = roles.find(role);
  if (found == roles.end()) {
    const std::string all = fmt::format("roles: {}", fmt::join(names_of(roles), ", "));
    if (role.empty()) throw Failure(ExitCode::usage, "plugins new needs --role", {all});
    throw Failure(ExitCode::usage, fmt::format("there is nothing to begin with for the role '{}'", role),
                  did_you_mean(role, names_of(roles), {all}));
  }
  const std::string tier = command.value("tier").value_or(found->second.front());
  if (std::ranges::find(found->second, tier) == found->second.end()) {
    throw Failure(ExitCode::usage, fmt::format("for the role {} there is no tier '{}'", role, tier),
                  {fmt::format("--tier {}", fmt::join(found->second, " or "))});
  }
  return {role, tier};
}

}  // namespace

ExitCode run_plugins_new(const Command& command) {
  const std::string& name = command.arguments.front();
  check_name(name);
  const auto [role, tier] = choice_of(command);
  const fs::path target = command.arguments.size() > 1 ? command.arguments[1] : name;
  std::error_code error;
  if (fs::exists(fs::symlink_status(target, error)) && !fs::is_empty(target, error)) {
    throw Failure(ExitCode::usage, fmt::format("{} exists already", target.string()),
                  {"gistmill plugins new NAME FOLDER takes another folder"});
  }
  const fs::path from = program_folders().roles;
  const fs::path chosen = from / role / tier;
  const std::string manifest = replaced(read_text_file(chosen / "plugin.toml"), {{"example", name}});
  const Words words = words_of(name, first_component(manifest, "plugin.toml"), tier == "libtorch");
  const std::vector<std::pair<fs::path, std::string>> files = {
      {"plugin.toml", manifest},
      {name + ".cpp", replaced(read_text_file(chosen / "example.cpp"), words)},
      {"CMakeLists.txt", replaced(read_text_file(from / kProject / "CMakeLists.txt"), words)},
      {"README.md", replaced(read_text_file(from / kProject / "README.md"), words)}};
  or_failure([&] {
    files::NewFolder folder(target);
    fill(folder, [&] {
      for (const auto& [file, text] : files) write_file_atomically(folder.path() / file, text);
    });
    folder.commit();
  });
  nlohmann::json written = nlohmann::json::array();
  for (const auto& entry : files) written.push_back((target / entry.first).string());
  print_answer(command.json()
                   ? nlohmann::json({{"folder", target.string()}, {"files", written}}).dump(2) + "\n"
                   : target.string() + "\n");
  print_talk(fmt::format("{} says how it is built and tested", (target / "README.md").string()));
  return ExitCode::ok;
}

}  // namespace gistmill
