// Which side of a corpus a training reads, and which an evaluation. two_sides.hpp is about texts that two
// corpora split apart.
#pragma once

#include <string>
#include <vector>

#include "host/plan/parts.hpp"

namespace gistmill {

// What is to be told of evaluations that read a prepared corpus by its train side, in a recipe that trains,
// and of trainings that read one by its validation side: a line for each. A side is what an option `split`
// says.
std::vector<std::string> wrong_sides(const std::vector<Part>& parts);

}  // namespace gistmill
