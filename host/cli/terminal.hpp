// The only place that prints: answers on standard output, talk on standard error.
#pragma once

#include <string_view>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

// Of standard output: whether lines on it can be drawn over, how large it is (as above where it does not
// say), and whether its locale has characters beyond ASCII.
bool can_redraw();
TerminalSize terminal_size();
bool draws_utf8();

struct NobodyReads {};
inline constexpr int kNobodyReadsCode = 141;  // what a shell says of a program that such a write ended

// Writes to standard output at once. Throws NobodyReads where the reader has gone (`gistmill ... | head`),
// and Failure where it cannot be written: on a full disk, an answer that is cut short must not look whole.
void print_answer(std::string_view text);
void print_talk(std::string_view line);      // a newline is added
void print_failure(const Failure& failure);  // in color on a terminal

}  // namespace gistmill
