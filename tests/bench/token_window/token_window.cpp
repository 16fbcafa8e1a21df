// How long a window of tokens takes from a token file that is in the page cache. Not a test.
//
//   token_window FILE.h5                  prints the lengths of the documents, JSON
//   token_window FILE.h5 WINDOWS COUNT    reads windows of COUNT ids and prints microseconds for one, JSON
//
// WINDOWS: a line a window, document and first token. All are read twice; the second time counts: the median
// over groups of a hundred, which another process that takes the core does not move.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gistmill/formats/token_file.hpp>
#include <nlohmann/json.hpp>

namespace {

using Clock = std::chrono::steady_clock;
using gistmill::formats::TokenFileReader;

void print_lengths(const TokenFileReader& reader) {
  nlohmann::json lengths = nlohmann::json::array();
  for (std::size_t i = 0; i < reader.documents(); ++i) lengths.push_back(reader.length(i));
  std::printf("%s\n", nlohmann::json({{"lengths", lengths}}).dump().c_str());
}

void measure(const TokenFileReader& reader, const char* path, std::size_t count) {
  std::vector<std::pair<std::size_t, std::uint64_t>> windows;  // document, first token
  std::ifstream file(path);
  for (std::pair<std::size_t, std::uint64_t> window; file >> window.first >> window.second;) {
    windows.push_back(window);
  }
  std::vector<std::int32_t> ids(count);
  std::int64_t sum = 0;
  for (const auto& [document, first] : windows) {
    reader.read(document, first, count, ids.data());
    sum = std::accumulate(ids.begin(), ids.end(), sum);
  }
  constexpr std::size_t kGroup = 100;
  std::vector<double> groups;
  for (std::size_t at = 0; at + kGroup <= windows.size(); at += kGroup) {
    const auto begin = Clock::now();
    for (std::size_t i = at; i < at + kGroup; ++i) {
      reader.read(windows[i].first, windows[i].second, count, ids.data());
    }
    groups.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count() / kGroup);
  }
  if (groups.empty()) throw std::runtime_error("fewer than a hundred windows");
  const auto middle = groups.begin() + static_cast<std::ptrdiff_t>(groups.size() / 2);
  std::nth_element(groups.begin(), middle, groups.end());
  std::printf(
      "%s\n",
      nlohmann::json({{"microseconds", *middle}, {"windows", windows.size()}, {"sum", sum}}).dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    std::fprintf(stderr, "usage: token_window FILE.h5 [WINDOWS COUNT]\n");
    return 2;
  }
  try {
    const TokenFileReader reader(argv[1]);
    if (argc == 2) {
      print_lengths(reader);
    } else {
      measure(reader, argv[2], std::stoul(argv[3]));
    }
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
