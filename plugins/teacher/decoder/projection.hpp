// One linear layer: rows times a weight matrix, plus bias, plus low-rank adapters (LoRA, arXiv:2106.09685).
// Decides how the product is computed; several parts may share one matrix (queries, keys and values).
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "plugins/teacher/decoder/low_rank.hpp"
#include "plugins/teacher/decoder/packed_linear.hpp"
#include "plugins/teacher/decoder/stored_matrix.hpp"
#include "plugins/teacher/decoder/trained_rows.hpp"

namespace gistmill::decoder {

// How one pass computes.
struct PassMode {
  bool gradients = false;  // adapters and weights get gradients
  double dropout = 0.0;    // of the adapters' input; 0 outside of training
  std::optional<at::Generator> generator;
  // f32 products as at::linear sums them. oneDNN's packed products are faster and sum one long chain: twice
  // the rounding, which gradients through many layers add up beyond 1e-5.
  bool tight = false;
};

struct Projection {
  at::Tensor weight;                           // [out, in], compute type; f32 where it trains
  at::Tensor bias;                             // [out], as weight; undefined: none
  std::shared_ptr<PackedWeight> packed;        // the weight as packed_linear() takes it; null: not wanted
  std::vector<Adapter> adapters;               // ascending `first`
  std::vector<StoredMatrix> stored;            // the same weight in the file, stacked; empty: not to be had
  std::shared_ptr<const TrainedRows> trained;  // of a head that is the embedding; null: none

  // x compute[n, in] -> compute[n, out], the type being x's. Where no gradient is asked, one row is
  // multiplied with the stored matrix: the same weights before they were rounded to the compute type.
  at::Tensor apply(const at::Tensor& x, const PassMode& mode = {}) const;

  // To be called when the weight's values change: what was derived from them goes.
  void weight_changed();
};

}  // namespace gistmill::decoder
