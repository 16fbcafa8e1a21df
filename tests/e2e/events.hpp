// The lines of a run's events.jsonl.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace gistmill {

// Those of one kind, such as "step", in their order. A line that is no JSON throws.
inline std::vector<nlohmann::json> events_of(const std::filesystem::path& run, const std::string& kind) {
  std::vector<nlohmann::json> found;
  std::ifstream lines(run / "events.jsonl", std::ios::binary);
  for (std::string line; std::getline(lines, line);) {
    nlohmann::json event = nlohmann::json::parse(line);
    if (event["event"] == kind) found.push_back(std::move(event));
  }
  return found;
}

}  // namespace gistmill
