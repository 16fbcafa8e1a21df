// A chart of one line of text.
#pragma once

#include <span>
#include <string>

namespace gistmill {

// "▇▅▄▃▂▂▁", or "@*+=-..": the values from left to right, the lowest and the highest as low and as high as a
// character is. At most `cells` characters; of more values each character shows the mean of its part. What is
// not finite is left out; a part with nothing else is blank. Empty without values.
std::string sparkline(std::span<const double> values, int cells, bool utf8);

}  // namespace gistmill
