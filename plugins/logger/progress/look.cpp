// Reads the environment only: the locale of the process is not this plugin's to set or ask.
#include "plugins/logger/progress/look.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace gistmill::progress {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool names_utf8(std::string locale) {
  std::ranges::transform(locale, locale.begin(), [](unsigned char c) { return std::tolower(c); });
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

}  // namespace

Environment environment() {
  return {variable("NO_COLOR"), variable("CLICOLOR_FORCE"), variable("TERM"),
          variable("LC_ALL"),   variable("LC_CTYPE"),       variable("LANG")};
}

Look look_of(const Environment& environment, bool is_terminal) {
  const bool able = is_terminal && !environment.term.empty() && environment.term != "dumb";
  const bool forced = !environment.clicolor_force.empty() && environment.clicolor_force != "0";
  std::string locale = environment.lc_all;
  if (locale.empty()) locale = environment.lc_ctype;
  if (locale.empty()) locale = environment.lang;
  return {able, environment.no_color.empty() && (forced || able), names_utf8(locale)};
}

int terminal_width(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace gistmill::progress
