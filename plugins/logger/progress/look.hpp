// What the stream at hand can show: redrawing, color, characters beyond ASCII. Draws nothing.
#pragma once

#include <string>

namespace gistmill::progress {

struct Look {
  bool redraws = false;  // one line can be drawn over
  bool color = false;
  bool utf8 = false;
};

// The variables that decide; "" where they are not set.
struct Environment {
  std::string no_color;        // NO_COLOR: anything but empty turns color off, whatever else is said
  std::string clicolor_force;  // CLICOLOR_FORCE: anything but empty and "0" turns it on, also in a file
  std::string term;            // TERM: "dumb" or empty can neither redraw nor color
  std::string lc_all;          // LC_ALL, LC_CTYPE, LANG: the first that is not empty names the encoding
  std::string lc_ctype;
  std::string lang;
};

Environment environment();  // of this process

Look look_of(const Environment& environment, bool is_terminal);

// Columns of the terminal behind `descriptor`, 80 where it does not say.
int terminal_width(int descriptor);

}  // namespace gistmill::progress
