// A sweep's table in words and as JSON; the page says the same (host/sweep/page).
#pragma once

#include <string>

#include "host/sweep/axis_effects.hpp"

namespace gistmill {

// One sentence, no final period: which settings are best, by how much, and how sure that is.
std::string result_sentence(const SweepTable& table);

// "+0.109 ± 0.012 over 3 seeds", "" without pairs.
std::string difference_text(const Contrast& contrast);
// "± 0.009 on 256 spans" of one standard error, "" where no items are shared.
std::string item_error_text(const Contrast& contrast, const std::string& items);
// "0.312 ± 0.020"
std::string interval_text(const Interval& interval);

// For the terminal.
std::string to_text(const SweepTable& table);
// For programs, with a final newline.
std::string to_json_text(const SweepTable& table);

}  // namespace gistmill
