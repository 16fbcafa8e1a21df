// Logarithms of the probabilities of a row as one byte each, and how far that is from what they were.
#pragma once

#include <cstdint>

namespace gistmill::topk {

// code * -step is a logarithm but for a constant, which makes the row's probabilities sum to exp(log_sum)
// again: so what is left for all other tokens is as the teacher said.
struct RowScale {
  float step = 0;
  float log_sum = 0;
};

// log_probability [count], descending -> code [count]. Logarithms more than 32 below the first are stored as
// 32 below.
RowScale encode_row(const float* log_probability, std::int64_t count, std::uint8_t* code);
void decode_row(const std::uint8_t* code, const RowScale& scale, std::int64_t count, float* log_probability);

// Cross-entropy of a row's distribution with another, above its entropy, in nats; both known at `count`
// tokens and in one bucket for all others.
double excess(const float* exact, const float* stored, std::int64_t count);

}  // namespace gistmill::topk
