// The texts of a progress line: pure functions from numbers to characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/logger/progress/look.hpp"

namespace gistmill::progress {

// Text from plugins and files as it may stand below or in a line: safe to print (gistmill/text/shown.hpp),
// further lines indented by two.
std::string message_text(std::string_view text);

// `cells` wide: full blocks and eighths with UTF-8, else "#####.....".
std::string bar(double share, int cells, bool utf8);

std::string clock(double seconds);       // "0:48", "1:38", "1:02:33"; "-" where it is not finite or negative
std::string short_number(double value);  // three digits that matter: "14.1", "0.780", "1520", "nan"

// A part of a line beside its label and bar. Where the line is too narrow, parts of the highest `expendable`
// go first; 0 stays. The bar goes as expendable kBarExpendable.
struct Part {
  std::string text;
  int expendable = 0;
};
constexpr int kBarExpendable = 2;

// "train    ██████▌        62 %  step 372/600  loss 0.780", at most width - 1 columns, so that no terminal
// wraps it. The bar takes what the parts leave, 10 to 30 cells.
std::string drawn_line(const std::string& label, double share, std::vector<Part> parts, int width,
                       const Look& look);

// "preparing 1204": where nobody knows how many there will be.
std::string drawn_line(const std::string& label, std::int64_t done, int width);

// "train  62 %  step 372/600  loss 0.780": no bar, as long as it is.
std::string plain_line(const std::string& label, double share, const std::vector<Part>& parts);

}  // namespace gistmill::progress
