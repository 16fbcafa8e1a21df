// The same model written plainly: one ATen operation after the other on whole matrices, in f64, gradients by
// ATen's autograd. Slow, and the truth that the fast one is held to.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "plugins/teacher/decoder/model.hpp"

namespace gistmill::decoder::test {

class Reference {
 public:
  Reference(const Config& config, const Weights& weights) : config_(config), weights_(weights) {}

  // Embeddings [n, D] of consecutive rows at positions i64[n] -> rows after the final norm, f64[n, D]. Every
  // row sees the rows before it and itself, in a layer with a window those at positions within it. states,
  // where given, takes the residual after 0, 1, .. L layers; weights those of
  // each layer's attention, f64[A, n, n].
  at::Tensor hidden(const at::Tensor& embeddings, const at::Tensor& positions,
                    std::vector<at::Tensor>* states = nullptr,
                    std::vector<at::Tensor>* weights = nullptr) const;

  at::Tensor embed(const at::Tensor& tokens) const;  // f64[n, D], scaled
  at::Tensor head() const;                           // f64[V, D]

 private:
  at::Tensor norm(const at::Tensor& rows, const Norm& norm) const;
  at::Tensor rotate(std::int64_t layer, const at::Tensor& heads, const at::Tensor& positions) const;
  at::Tensor attend(std::int64_t layer, const at::Tensor& qkv, const at::Tensor& positions,
                    std::vector<at::Tensor>* all_weights) const;

  Config config_;
  Weights weights_;
};

// The document with `gist` [G, D] in place of the span at `start`, as one sequence of embeddings and
// positions.
struct Replaced {
  at::Tensor embeddings;
  at::Tensor positions;
};
Replaced replace_span(const Reference& reference, const at::Tensor& tokens, std::int64_t start,
                      std::int64_t span, const at::Tensor& gist, const at::Tensor& offsets);

// Negative log-likelihood of targets [n], a row of hidden each, f64[n].
at::Tensor nll(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets);

}  // namespace gistmill::decoder::test
