// What monitors and loggers are told in a check: events as a run of a few steps has them (docs/events.md).
#pragma once

#include <string>
#include <vector>

#include "host/certify/specimen.hpp"

namespace gistmill {

// Of step `round` + 1: "gradient", "step" and, every second time, "evaluation", as JSON.
std::vector<std::string> training_events(int round);

// What a monitor decides on `event`, in one line: "1 by 1: the loss stands still". What is no decision is a
// fault.
std::string decision_text(Specimen& specimen, Findings& findings, const std::string& event);

}  // namespace gistmill
