// How long a window of tokens takes from a token file that is in the page cache. Not a test.
//
//   token_window FILE.h5                  prints the lengths of the documents, JSON
//   token_window FILE.h5 WINDOWS COUNT    reads windows of COUNT ids and prints microseconds for one, JSON
//
// WINDOWS: a line a window, document and first token. All are read twice; the second time counts.
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <numeric>
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
  const auto begin = Clock::now();
  for (const auto& [document, first] : windows) reader.read(document, first, count, ids.data());
  const double microseconds = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
  std::printf("%s\n", nlohmann::json({{"microseconds", microseconds / static_cast<double>(windows.size())},
                                      {"windows", windows.size()},
                                      {"sum", sum}})
                          .dump()
                          .c_str());
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
