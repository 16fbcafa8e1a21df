// All scores of pairs of texts: reads JSON lines {"prediction", "reference"}, writes for each a line of all
// that plugins/metric computes of it. What compare_with_packages.py holds against the Python packages, and
// make_golden.py keeps.
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "plugins/metric/answer/chrf.hpp"
#include "plugins/metric/answer/squad.hpp"
#include "plugins/metric/rouge/porter.hpp"
#include "plugins/metric/rouge/scores.hpp"

namespace {

using nlohmann::json;
using namespace gistmill::metric;

json parts(const RougeScore& score) { return {score.precision, score.recall, score.f1}; }

json all(const RougeScores& scores) {
  return {{"rouge1", parts(scores.rouge1)},
          {"rouge2", parts(scores.rouge2)},
          {"rougeL", parts(scores.rougeL)},
          {"rougeLsum", parts(scores.rougeLsum)}};
}

}  // namespace

int main() {
  RougeScoreScorer stemmed(true);
  RougeScoreScorer plain(false);
  RougePackageScorer package;
  std::string line;
  while (std::getline(std::cin, line)) {
    const json pair = json::parse(line);
    json scores;
    if (pair.contains("word")) {
      std::string word = pair.at("word");
      stem_in_place(word);
      scores["stem"] = word;
    } else {
      const std::string prediction = pair.at("prediction");
      const std::string reference = pair.at("reference");
      const AnswerScores answer = squad_scores(prediction, reference);
      scores = {{"stemmed", all(stemmed.score(prediction, reference))},
                {"plain", all(plain.score(prediction, reference))},
                {"rouge", all(package.score(prediction, reference))},
                {"exact_match", answer.exact},
                {"token_f1", answer.f1},
                {"chrf", sentence_chrf(prediction, reference)}};
    }
    std::cout << scores.dump() << "\n";
  }
  return 0;
}
