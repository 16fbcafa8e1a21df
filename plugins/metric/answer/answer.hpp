// metric/answer: how well short answers agree with what was expected, in points of 100. Needs no LibTorch.
#pragma once

#include <gistmill/plugin.hpp>

#include <cstdint>
#include <tuple>
#include <vector>

#include "plugins/metric/answer/chrf.hpp"
#include "plugins/metric/answer/squad.hpp"
#include "plugins/metric/common/text_rows.hpp"

namespace gistmill::metric {

class Answer {
 public:
  explicit Answer(const Options& options) : raw_(options.string("match") == "raw") {}

  // prediction u8[B, M], reference u8[B, N] -> exact_match, token_f1, chrf f64[B]
  std::tuple<Tensor, Tensor, Tensor> measure(const Tensor& prediction, const Tensor& reference) const {
    const TextRows predictions(prediction);
    const TextRows references(reference);
    std::vector<double> exact, f1, chrf;
    for (std::int64_t row = 0; row < predictions.size(); ++row) {
      stop_if_canceled();
      const AnswerScores scores = squad_scores(predictions[row], references[row]);
      exact.push_back(100 * (raw_ ? (predictions[row] == references[row] ? 1 : 0) : scores.exact));
      f1.push_back(100 * scores.f1);
      chrf.push_back(sentence_chrf(predictions[row], references[row]));
    }
    const std::vector<std::int64_t> shape = {predictions.size()};
    return {Tensor::of(exact, shape), Tensor::of(f1, shape), Tensor::of(chrf, shape)};
  }

 private:
  bool raw_;
};

}  // namespace gistmill::metric
