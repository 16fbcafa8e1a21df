// env: what a report of a problem needs to say of the program and the machine. Nothing is loaded, and no path
// tells whose machine it is: the home folder is shown as ~.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include <gistmill/formats/memory.hpp>
#include <gistmill/text/shown.hpp>

#include "gistmill/types.h"
#include "gistmill/version.h"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/installation/environment.hpp"
#include "host/installation/folders.hpp"
#include "host/installation/library_on_demand.hpp"
#include "host/installation/libtorch.hpp"
#include "host/machine/accelerators.hpp"
#include "host/machine/memory.hpp"
#include "host/machine/processor.hpp"
#include "host/machine/threads.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// `home` as ~, where a name does not go on behind it: /home/ann is not the beginning of /home/anna.
std::string without(std::string text, const std::string& home) {
  for (std::size_t at = text.find(home); at != std::string::npos; at = text.find(home, at + 1)) {
    const std::size_t end = at + home.size();
    const auto next = end < text.size() ? static_cast<unsigned char>(text[end]) : '/';
    if (std::isalnum(next) == 0 && next != '_' && next != '-' && next != '.')
      text.replace(at, home.size(), "~");
  }
  return text;
}

// The home folder, of the environment and of the system's list of users, as ~ in every text.
void hide_home(Json& json) {
  if (json.is_structured()) {
    for (Json& inner : json) hide_home(inner);
  }
  if (!json.is_string()) return;
  std::string text = json.get<std::string>();
  const char* const variable = std::getenv("HOME");
  const passwd* const user = getpwuid(getuid());
  for (const char* home : {variable, user == nullptr ? nullptr : static_cast<const char*>(user->pw_dir)}) {
    if (home == nullptr || std::string_view(home).size() < 2) continue;
    text = without(std::move(text), home);
  }
  json = text;
}

std::string compiler() {
#if defined(__clang__)
  const std::string name = "clang " __clang_version__;
#else
  const std::string name = "GCC " __VERSION__;
#endif
#if defined(NDEBUG)
  return name;
#else
  return name + ", with assertions";
#endif
}

// "Debian GNU/Linux 12 (bookworm)"; "" where unknown.
std::string distribution() {
  std::ifstream release("/etc/os-release");
  for (std::string line; std::getline(release, line);) {
    if (!line.starts_with("PRETTY_NAME=")) continue;
    std::erase(line, '"');
    return line.substr(12);
  }
  return "";
}

Json libtorch(const FoundLibtorch& found) {
  std::error_code error;
  const fs::path folder = fs::canonical(found.root, error);  // where links lead
  constexpr const char* kBy[] = {"", "GISTMILL_TORCH_ROOT", "lib/gistmill/torch", "LD_LIBRARY_PATH"};
  return {{"wanted", GISTMILL_TORCH_VERSION},
          {"found", found.by != FoundLibtorch::By::nothing && found.problem.empty()},
          {"by", kBy[static_cast<std::size_t>(found.by)]},
          {"folder", error ? found.root.string() : folder.string()},
          {"version", found.version},
          {"cuda", found.cuda},
          {"problem", found.problem}};
}

Json system_of() {
  utsname names{};
  uname(&names);
  return {{"distribution", distribution()},
          {"kernel", fmt::format("{} {}", names.sysname, names.release)},
          {"architecture", names.machine}};
}

Json machine() {
  return {{"processor", processor_name()},
          {"features", processor_features()},
          {"cores", physical_cores()},
          {"hardware_threads", hardware_threads()},
          {"compute_threads", default_threads()},
          {"memory_bytes", machine_memory_bytes()},
          {"available_bytes", formats::available_memory().value_or(0)},
          {"accelerators", accelerator_names()},
          {"nvidia_driver", nvidia_driver_version()}};
}

Json plugins(const Registry& registry) {
  std::map<fs::path, int> counts;
  for (const auto& plugin : registry.plugins()) ++counts[plugin->path.parent_path()];
  Json folders = Json::array();
  for (const fs::path& folder : registry.folders()) {
    std::error_code error;
    folders.push_back({{"folder", folder.string()},
                       {"there", fs::is_directory(folder, error)},
                       {"plugins", counts[folder]}});
  }
  Json refused = Json::array();
  for (const RefusedFile& file : registry.refused())
    refused.push_back({{"file", file.path.string()}, {"reason", file.reason}});
  return {{"components", registry.component_names().size()}, {"folders", folders}, {"refused", refused}};
}

Json environment_json() {
  Json set = Json::object();
  for (const EnvironmentVariable& variable : environment_variables()) {
    if (const char* value = std::getenv(variable.name)) set[variable.name] = value;
  }
  return set;
}

// What keeps verbs from working, each with what to do about it.
Json missing(const FoundLibtorch& torch, const Json& all) {
  Json list = Json::array();
  const auto add = [&](const std::string& what, const std::string& remedy) {
    list.push_back({{"what", what}, {"remedy", remedy}});
  };
  std::vector<std::string> libraries = {"chat-server", "fetch", "sqlite", "token-file"};
  if (std::string_view(GISTMILL_TORCH_VERSION).empty()) {
    add("this program was built without LibTorch: run, evaluate, prepare, plan and export do not work",
        "build it with LibTorch (GISTMILL_TORCH=ON)");
  } else {
    if (!torch.problem.empty()) add(torch.problem, how_to_say_where_libtorch_is());
    libraries.emplace_back("run");
  }
  for (const std::string& name : libraries) {
    const fs::path library = program_folders().library(name);
    std::error_code error;
    if (!fs::exists(library, error))
      add(fmt::format("there is no {}", library.string()), install_again().front());
  }
  for (const Json& folder : all["plugins"]["folders"]) {
    if (!folder["there"])
      add(fmt::format("there is no folder {}", folder["folder"].get<std::string>()),
          "correct GISTMILL_PLUGIN_PATH, or install gistmill again");
  }
  for (const Json& file : all["plugins"]["refused"])
    add(fmt::format("{} was refused: {}", file["file"].get<std::string>(), file["reason"].get<std::string>()),
        "build the plugin again with the SDK of this version, or take the file away");
  if (!all["machine"]["accelerators"].empty() && torch.problem.empty() && !torch.cuda)
    add("LibTorch has no CUDA, so the accelerators are not used",
        "scripts/setup.sh --cuda, then build again");
  return list;
}

std::string libtorch_line(const Json& torch) {
  const std::string wanted = torch["wanted"];
  if (!torch["found"]) return wanted.empty() ? "none" : fmt::format("{} was not found", wanted);
  const std::string version = torch["version"];
  return fmt::format("{} in {} (by {}), {} CUDA", version.empty() ? "of unknown version" : version,
                     torch["folder"].get<std::string>(), torch["by"].get<std::string>(),
                     torch["cuda"] ? "with" : "without");
}

std::string devices_line(const Json& machine) {
  std::string line = "cpu";
  for (const Json& name : machine["accelerators"]) line += ", " + name.get<std::string>();
  const std::string driver = machine["nvidia_driver"];
  return line + (driver.empty() ? "" : fmt::format(" (driver {})", driver));
}

std::string system_line(const Json& system) {
  const std::string distribution = system["distribution"];
  return fmt::format("{}{}{}, {}", distribution, distribution.empty() ? "" : ", ",
                     system["kernel"].get<std::string>(), system["architecture"].get<std::string>());
}

// Lines "name   text"; a name that is not repeated is left out.
class Table {
 public:
  void add(const std::string& name, const std::string& line) {
    text_ += fmt::format("{:<12}{}\n", name == last_ ? "" : name, line);
    last_ = name;
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
  std::string last_;
};

std::string to_text(const Json& all) {
  Table table;
  const Json& machine = all["machine"];
  table.add("gistmill", fmt::format("{}, plugin ABI {}, {}", all["version"].get<std::string>(),
                                    all["abi"].get<std::string>(), all["compiler"].get<std::string>()));
  table.add("LibTorch", libtorch_line(all["libtorch"]));
  table.add("system", system_line(all["system"]));
  const auto features = machine["features"].get<std::vector<std::string>>();
  table.add("processor",
            fmt::format("{}: {}", machine["processor"].get<std::string>(), fmt::join(features, " ")));
  table.add("threads",
            fmt::format("{} on {} cores with {} hardware threads", machine["compute_threads"].get<int>(),
                        machine["cores"].get<int>(), machine["hardware_threads"].get<int>()));
  table.add("memory", fmt::format("{}, {} available", text::bytes_text(machine["memory_bytes"]),
                                  text::bytes_text(machine["available_bytes"])));
  table.add("devices", devices_line(machine));
  for (const Json& folder : all["plugins"]["folders"])
    table.add("plugins",
              fmt::format("{} in {}", folder["plugins"].get<int>(), folder["folder"].get<std::string>()));
  for (const auto& [name, value] : all["environment"].items())
    table.add("environment", fmt::format("{}={}", name, value.get<std::string>()));
  for (const Json& item : all["missing"]) {
    table.add("missing", item["what"]);
    table.add("missing", "  " + item["remedy"].get<std::string>());
  }
  if (all["missing"].empty()) table.add("missing", "nothing");
  return std::move(table).text();
}

}  // namespace

ExitCode run_env(const Command& command) {
  const std::vector<fs::path> folders = Registry::search_path(command.plugin_folders());
  const FoundLibtorch torch = find_libtorch();
  Json all = {{"version", GM_VERSION},
              {"abi", fmt::format("{}.{}", GM_ABI_MAJOR, GM_ABI_MINOR)},
              {"compiler", compiler()},
              {"libtorch", libtorch(torch)},
              {"system", system_of()},
              {"machine", machine()},
              {"plugins", plugins(Registry(folders))},
              {"environment", environment_json()}};
  all["missing"] = missing(torch, all);
  hide_home(all);
  constexpr auto kKeepGoing = Json::error_handler_t::replace;  // of a variable that is not UTF-8
  print_answer(command.json() ? all.dump(2, ' ', false, kKeepGoing) + "\n" : text::printable(to_text(all)));
  return ExitCode::ok;
}

}  // namespace gistmill
