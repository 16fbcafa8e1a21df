// The question below an unknown name. Beside suggestion() of failure.hpp, which lists all names as well.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gistmill {

// Notes for an unknown name: "did you mean 'width'?" where a candidate is near, then `notes`. `mark` is what
// stands before the names where people write them, "--" of options.
std::vector<std::string> did_you_mean(std::string_view name, const std::vector<std::string>& candidates,
                                      std::vector<std::string> notes = {}, std::string_view mark = "");

}  // namespace gistmill
