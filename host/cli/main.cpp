// gistmill: finds the verb, runs it, turns failures into messages and exit codes.
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "host/certify/check_process.hpp"
#include "host/cli/command_line.hpp"
#include "host/cli/shipped_recipes.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/isolate/serve.hpp"

namespace {

using gistmill::Command;
using gistmill::ExitCode;
using gistmill::RunVerb;

template <RunVerb verb>
ExitCode compute(const Command& command) {
  return gistmill::run_compute_verb(command, verb);
}

// What does the verbs that command_line.cpp knows.
constexpr struct {
  std::string_view verb;
  ExitCode (*run)(const Command& command);
} kRunners[] = {
    {"run", compute<RunVerb::run>},
    {"evaluate", compute<RunVerb::evaluate>},
    {"prepare", gistmill::run_prepare},
    {"plan", compute<RunVerb::plan>},
    {"report", gistmill::run_report},
    {"watch", gistmill::run_watch},
    {"validate", gistmill::run_validate},
    {"explain", gistmill::run_explain},
    {"diff", gistmill::run_diff},
    {"bisect", gistmill::run_bisect},
    {"sweep", gistmill::run_sweep},
    {"sweep extend", gistmill::run_sweep_extend},
    {"sweep work", gistmill::run_sweep_work},
    {"sweep status", gistmill::run_sweep_status},
    {"sweep retry", gistmill::run_sweep_retry},
    {"sweep cancel", gistmill::run_sweep_cancel},
    {"sweep table", gistmill::run_sweep_table},
    {"sweep report", gistmill::run_sweep_report},
    {"export", gistmill::run_export},
    {"compress", compute<RunVerb::compress>},
    {"chat", gistmill::run_chat},
    {"focus demo", gistmill::run_focus_demo},
    {"inspect", gistmill::run_model_verb},
    {"tokenize", gistmill::run_model_verb},
    {"score", gistmill::run_model_verb},
    {"generate", gistmill::run_model_verb},
    {"plugins list", gistmill::run_plugins_list},
    {"plugins inspect", gistmill::run_plugins_inspect},
    {"plugins new", gistmill::run_plugins_new},
    {"plugins certify", gistmill::run_plugins_certify},
    {"plugins install", gistmill::run_plugins_install},
    {"plugins remove", gistmill::run_plugins_remove},
    {"plugins pin", gistmill::run_plugins_pin},
    {"recipes list", gistmill::run_recipes_list},
    {"recipes show", gistmill::run_recipes_show},
    {"recipes copy", gistmill::run_recipes_copy},
    {"data list", gistmill::run_data_list},
    {"data fetch", gistmill::run_data_fetch},
    {"reference", gistmill::run_reference},
    {"schema", gistmill::run_schema},
    {"completion", gistmill::run_completion},
    {gistmill::kCompleteVerb, gistmill::run_complete},
    {gistmill::kServeVerb, gistmill::run_serve},
    {gistmill::kCertifyCheckVerb, gistmill::run_certify_check},
    {"env", gistmill::run_env},
    {"version", gistmill::run_version},
};

ExitCode run(const std::vector<std::string>& words) {
  using namespace gistmill;
  const Command command = parse_command_line(words);
  if (command.help) {
    print_answer(help_text(command.verb));
    return words.empty() ? ExitCode::usage : ExitCode::ok;
  }
  expect_plugin_folders(command);
  expect_recipe_files(command);
  for (const auto& runner : kRunners) {
    if (command.verb == runner.verb) return runner.run(command);
  }
  throw std::logic_error("nothing does gistmill " + command.verb);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(run({argv + 1, argv + argc}));
  } catch (const gistmill::NobodyReads&) {
    return gistmill::kNobodyReadsCode;
  } catch (const gistmill::Failure& failure) {
    gistmill::print_failure(failure);
    return static_cast<int>(failure.code());
  } catch (const std::exception& error) {
    gistmill::print_failure(gistmill::Failure(gistmill::ExitCode::failed, error.what()));
    return static_cast<int>(gistmill::ExitCode::failed);
  }
}
