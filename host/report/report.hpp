// The one call that makes a run folder's report. Reads only what the run wrote; needs no plugin and no model.
#pragma once

#include <filesystem>

namespace gistmill {

// Writes <run_folder>/report.html, whole or not at all, from events.jsonl, summary.json and recipe.lock.toml;
// each of them may be missing or cut short. Throws Failure (ExitCode::failed) where the folder does not exist
// or a file cannot be read or written.
void write_report(const std::filesystem::path& run_folder);

}  // namespace gistmill
