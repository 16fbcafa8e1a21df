// A recipe's options against a component's manifest: typed, ranged, defaults filled in.
#pragma once

#include <string>
#include <vector>

#include "host/plan/plan.hpp"

namespace gistmill {

// Every option of `spec` in the manifest's order. Throws Failure (ExitCode::recipe) at the offending key or
// value: unknown key, wrong type, out of range, not among the choices, missing.
std::vector<PlannedOption> plan_options(const ComponentUse& use, const ComponentSpec& spec);

// The pipelines whose prepared corpora an option names: one, several, or none where it is of another type.
std::vector<std::string> prepared_names(const OptionSpec& spec, const OptionValue& value);

// As TOML on one line: 0.25, "a b", [1, 2].
std::string option_text(const OptionValue& value);

}  // namespace gistmill
