// metric/rouge: the scores of scores.hpp in points of 100, as an operation. Needs no LibTorch.
#pragma once

#include <gistmill/plugin.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "plugins/metric/common/text_rows.hpp"
#include "plugins/metric/rouge/scores.hpp"

namespace gistmill::metric {

class Rouge {
 public:
  explicit Rouge(const Options& options) : scorer_(options.string("scorer")), stem_(options.boolean("stem")) {
    for (const std::string& score : options.strings("scores")) parts_.push_back(part_named(score));
    if (parts_.empty()) throw Error(GM_ERROR_USER, "is empty, expected f1, precision or recall", "scores");
  }

  // prediction u8[B, M], reference u8[B, N] -> rouge1, rouge2, rougeL, rougeLsum f64[B, S]
  std::tuple<Tensor, Tensor, Tensor, Tensor> measure(const Tensor& prediction,
                                                     const Tensor& reference) const {
    const TextRows predictions(prediction);
    const TextRows references(reference);
    const std::unique_ptr<RougeScorer> scorer = make_scorer();
    std::vector<double> one, two, subsequence, summary;
    for (std::int64_t row = 0; row < predictions.size(); ++row) {
      stop_if_canceled();
      const RougeScores scores = scorer->score(predictions[row], references[row]);
      append(scores.rouge1, one);
      append(scores.rouge2, two);
      append(scores.rougeL, subsequence);
      append(scores.rougeLsum, summary);
    }
    const std::vector<std::int64_t> shape = {predictions.size(), static_cast<std::int64_t>(parts_.size())};
    return {Tensor::of(one, shape), Tensor::of(two, shape), Tensor::of(subsequence, shape),
            Tensor::of(summary, shape)};
  }

 private:
  using Part = double RougeScore::*;

  static Part part_named(const std::string& name) {
    if (name == "f1") return &RougeScore::f1;
    if (name == "precision") return &RougeScore::precision;
    if (name == "recall") return &RougeScore::recall;
    throw Error(GM_ERROR_USER, "has '" + name + "', expected f1, precision or recall", "scores");
  }

  std::unique_ptr<RougeScorer> make_scorer() const {
    if (scorer_ == "rouge") return std::make_unique<RougePackageScorer>();
    return std::make_unique<RougeScoreScorer>(stem_);
  }

  void append(const RougeScore& score, std::vector<double>& values) const {
    for (const Part part : parts_) values.push_back(100 * (score.*part));
  }

  std::string scorer_;
  bool stem_;
  std::vector<Part> parts_;
};

}  // namespace gistmill::metric
