// Pairs of texts with the scores that the Python packages gave them (make_golden.py).
#pragma once

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

namespace gistmill::metric {

inline nlohmann::json golden_pairs() {
  std::ifstream file(std::string(GISTMILL_SOURCE_DIR) + "/tests/plugins/metric/common/golden.json");
  return nlohmann::json::parse(file);
}

}  // namespace gistmill::metric
