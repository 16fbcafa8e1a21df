// One figure drawn over another of the same operation, such as what is lost over what is kept: a curve for
// each variant through the columns, as a line chart. Manifests say which: figure = { over = "kept" }.
#pragma once

#include <string>
#include <vector>

#include "host/figures/evaluation.hpp"

namespace gistmill {

// The ports of a table that are drawn over another one, which the table has with the same columns, at least
// two.
std::vector<std::string> trade_off_ports(const EvaluationTable& table);

// An <svg> element, or "" where no variant has two finite points. `port`: one of trade_off_ports. `color_of`:
// trained variants in the order in which the page colors them; the others take the colors that follow.
std::string trade_off_svg(const EvaluationTable& table, const std::string& port,
                          const std::vector<std::string>& color_of, int width);

}  // namespace gistmill
