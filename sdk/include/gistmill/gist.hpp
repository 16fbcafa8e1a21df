// Shared by components of role gistnet: the position of a gist in its span, and the unit of its correction.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gistmill/plugin/values.hpp"

namespace gistmill::torch {

// The place within a span of S tokens that a one-vector gist takes: option position = "start", "center"
// (s + S/2) or "end" (s + S - 1, next to the tokens that read it; measured best).
inline std::int64_t place_in_span(std::string_view position, std::int64_t span) {
  if (position == "start") return 0;
  if (position == "center") return span / 2;
  if (position == "end") return span - 1;
  throw Error(GM_ERROR_USER, "position '" + std::string(position) + "' is none of start, center, end",
              "position");
}

// offsets i32 [K, 1]: the same position for each of the spans that `embeddings` [K, S, D] holds. In main
// memory, like all positions.
inline at::Tensor one_place(std::string_view position, const at::Tensor& embeddings) {
  return at::full({embeddings.size(0), 1}, place_in_span(position, embeddings.size(1)), at::kInt);
}

// The root mean square of an element of a token embedding, [] : embedding_norm [] is the mean norm of a row.
inline at::Tensor embedding_rms(const at::Tensor& embedding_norm, std::int64_t hidden) {
  return embedding_norm / std::sqrt(static_cast<double>(hidden));
}

// gist [K, 1, D] = the last token's embedding + scale * RMS * correction [K, D]. If the network's last layer
// starts at zero, training starts from the last token's embedding, the best start that is known; scale keeps
// the steps of the correction small compared with an embedding.
inline at::Tensor corrected_last(const at::Tensor& embeddings, const at::Tensor& embedding_norm,
                                 const at::Tensor& correction, double scale) {
  const at::Tensor last = embeddings.select(1, embeddings.size(1) - 1);
  return (last + scale * embedding_rms(embedding_norm, last.size(1)) * correction).unsqueeze(1);
}

// How many of the N recorded states option `states` chooses; empty chooses all.
inline std::int64_t count_chosen(const std::vector<std::int64_t>& chosen, std::int64_t recorded) {
  for (const std::int64_t index : chosen) {
    if (index >= 0 && index < recorded) continue;
    throw Error(GM_ERROR_USER,
                "state " + std::to_string(index) + " is chosen when " + std::to_string(recorded) +
                    " are recorded, numbered from 0; see the teacher's option 'layers'",
                "states");
  }
  return chosen.empty() ? recorded : static_cast<std::int64_t>(chosen.size());
}

// states [K, S, N, D] -> [K, S, n, D]
inline at::Tensor choose_states(const at::Tensor& states, const std::vector<std::int64_t>& chosen) {
  if (chosen.empty()) return states;
  return states.index_select(2, at::tensor(chosen, at::kLong).to(states.device(), /*non_blocking=*/true));
}

}  // namespace gistmill::torch
