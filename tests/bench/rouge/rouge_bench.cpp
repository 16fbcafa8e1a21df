// How long ROUGE-1, -2, -L and -Lsum with stems take of pairs of texts. Not a test.
//
//   rouge PAIRS.jsonl    a line a pair, ["prediction", "reference"]; prints seconds and the sum of all F1,
//   JSON
//
// Pairs are scored in batches of 32 by a scorer that has seen none of them, as metric/rouge does; reading the
// file does not count.
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "plugins/metric/rouge/scores.hpp"

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs read_pairs(const char* path) {
  std::ifstream file(path);
  Pairs pairs;
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json pair = nlohmann::json::parse(line);
    pairs.emplace_back(pair.at(0), pair.at(1));
  }
  return pairs;
}

double scored(const Pairs& pairs) {
  constexpr std::size_t kBatch = 32;
  double sum = 0;
  for (std::size_t begin = 0; begin < pairs.size(); begin += kBatch) {
    gistmill::metric::RougeScoreScorer scorer(true);
    for (std::size_t i = begin; i < std::min(pairs.size(), begin + kBatch); ++i) {
      const auto scores = scorer.score(pairs[i].first, pairs[i].second);
      sum += scores.rouge1.f1 + scores.rouge2.f1 + scores.rougeL.f1 + scores.rougeLsum.f1;
    }
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: rouge PAIRS.jsonl\n");
    return 2;
  }
  try {
    const Pairs pairs = read_pairs(argv[1]);
    const auto begin = std::chrono::steady_clock::now();
    const double sum = scored(pairs);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    std::printf(
        "%s\n",
        nlohmann::json({{"seconds", taken.count()}, {"pairs", pairs.size()}, {"sum", sum}}).dump().c_str());
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
