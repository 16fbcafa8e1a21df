// plugins certify: every check of a plugin. And the hidden verb that makes one of them, in a process of its
// own.
#include <charconv>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "host/certify/certify.hpp"
#include "host/check/global_state.hpp"
#include "host/cli/libraries.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

std::uint64_t seed_of(const Command& command) {
  const std::string text = command.value("seed").value_or("1");
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc() && end == text.data() + text.size()) return seed;
  throw Failure(ExitCode::usage, fmt::format("--seed is '{}' when it should be a number from 0 on", text));
}

// A check works in a folder of its own: what of an option is a path here has to be one there.
std::string with_whole_path(const std::string& option) {
  const std::size_t equals = option.find('=');
  if (equals == std::string::npos) return option;
  const fs::path path = option.substr(equals + 1);
  std::error_code unreadable;
  if (path.empty() || path.is_absolute() || !fs::exists(path, unreadable)) return option;
  return option.substr(0, equals + 1) + fs::absolute(path).string();
}

void load_torch() {
  static decltype(torch_state_of_library()) read = nullptr;
  if (read != nullptr) return;
  read = torch_state_of_library();
  add_state_probe([](GlobalState& state) { read(&state); });
}

}  // namespace

ExitCode run_plugins_certify(const Command& command) {
  CertifyRequest request;
  request.library = command.arguments.front();
  request.component = command.value("component").value_or("");
  request.check = command.value("check").value_or("");
  request.seed = seed_of(command);
  for (const std::string& option : command.overrides()) request.options.push_back(with_whole_path(option));
  request.folders = Registry::search_path(command.plugin_folders(), fs::path());
  request.folders.insert(request.folders.begin(), fs::absolute(request.library).parent_path());
  for (fs::path& folder : request.folders) folder = fs::absolute(folder);
  const bool json = command.json();
  const Certificate certificate = certify(request, [&](const CheckResult& result) {
    if (!json) print_answer(result_text(result));
  });
  print_answer(json ? to_json(certificate).dump(2) + "\n" : summary_text(certificate));
  return certificate.count(CheckVerdict::failed) == 0 ? ExitCode::ok : ExitCode::plugin;
}

ExitCode run_certify_check(const Command& command) { make_check(command.arguments, load_torch); }

}  // namespace gistmill
