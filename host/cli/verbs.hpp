// One function a verb. Each prints its answer and gives the exit code, or throws Failure.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/cli/command_line.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/run/library.hpp"

namespace gistmill {

// Everything that can be said of a recipe and its stages without loading a plugin. The result is what
// check_lock has to tell the user. Throws Failure.
std::vector<std::string> check_recipe(const Command& command, const std::filesystem::path& recipe);

ExitCode run_compute_verb(const Command& command, RunVerb verb);
ExitCode run_prepare(const Command& command);
ExitCode run_model_verb(const Command& command);  // inspect, tokenize, score, generate
ExitCode run_chat(const Command& command);
ExitCode run_focus_demo(const Command& command);
ExitCode run_export(const Command& command);  // of a run, or of a gist store
ExitCode run_report(const Command& command);
ExitCode run_watch(const Command& command);
ExitCode run_validate(const Command& command);
ExitCode run_explain(const Command& command);
ExitCode run_diff(const Command& command);
ExitCode run_bisect(const Command& command);
ExitCode run_sweep(const Command& command);
ExitCode run_sweep_extend(const Command& command);
ExitCode run_sweep_work(const Command& command);
ExitCode run_sweep_status(const Command& command);
ExitCode run_sweep_retry(const Command& command);
ExitCode run_sweep_cancel(const Command& command);
ExitCode run_sweep_table(const Command& command);
ExitCode run_sweep_report(const Command& command);
ExitCode run_schema(const Command& command);
ExitCode run_plugins_list(const Command& command);
ExitCode run_plugins_inspect(const Command& command);
ExitCode run_plugins_new(const Command& command);
ExitCode run_plugins_certify(const Command& command);
ExitCode run_plugins_install(const Command& command);
ExitCode run_plugins_remove(const Command& command);
ExitCode run_plugins_pin(const Command& command);
ExitCode run_certify_check(const Command& command);  // kCertifyCheckVerb
ExitCode run_recipes_list(const Command& command);
ExitCode run_recipes_show(const Command& command);
ExitCode run_recipes_copy(const Command& command);
ExitCode run_data_list(const Command& command);
ExitCode run_data_fetch(const Command& command);
ExitCode run_reference(const Command& command);
ExitCode run_completion(const Command& command);
ExitCode run_complete(const Command& command);  // kCompleteVerb
ExitCode run_serve(const Command& command);     // kServeVerb
ExitCode run_env(const Command& command);
ExitCode run_version(const Command& command);

}  // namespace gistmill
