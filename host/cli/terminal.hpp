// The only place that prints: answers on standard output, talk on standard error.
#pragma once

#include <string_view>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

void print_answer(std::string_view text);
void print_talk(std::string_view line);      // a newline is added
void print_failure(const Failure& failure);  // in color on a terminal

}  // namespace gistmill
