// An option of a command that is a number within bounds.
#pragma once

#include <charconv>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "host/cli/command_line.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {

// Nothing where the option is not given. Throws Failure (ExitCode::usage) for anything else than a number
// from `least` to `most`.
template <class Number>
std::optional<Number> number_option(const Command& command, const char* name, Number least, Number most) {
  const std::optional<std::string> text = command.value(name);
  if (!text) return std::nullopt;
  Number number{};
  const char* const end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc() && rest == end && number >= least && number <= most) return number;
  throw Failure(ExitCode::usage, fmt::format("--{} is '{}' when it should be a number from {} to {}", name,
                                             *text, least, most));
}

}  // namespace gistmill
