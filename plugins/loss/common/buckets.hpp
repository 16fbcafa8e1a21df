// The divergence of two distributions that are known at K tokens each, and in one bucket for all other
// tokens. Without the bucket the sum over K tokens is no divergence: it falls below 0.
#pragma once

#include <ATen/core/Tensor.h>

namespace gistmill::loss {

enum class Direction {
  forward,  // KL(teacher || student): the student covers what the teacher thinks possible
  reverse   // KL(student || teacher): the student stays where the teacher is sure
};

// Logarithms f64 [M, K + 1] of the teacher's probabilities, the last is the bucket's: exactly none where all
// tokens are known, or where the others sum above 1 by rounding. A reverse divergence would be infinite where
// the teacher has none, so for it probabilities have a least value: for the bucket, what the type can tell
// from 0. Refuses what cannot be probabilities.
at::Tensor teacher_buckets(const at::Tensor& topk_log_probability, bool whole_vocabulary,
                           Direction direction);

struct Divergence {
  at::Tensor kl;        // f64 [M], nats
  at::Tensor gradient;  // f64 [M, K + 1], of kl for the logarithms of the student's buckets before they are
                        // normalized
};
// Both f64 [M, K + 1], logarithms of probabilities that sum to 1.
Divergence divergence(const at::Tensor& log_teacher, const at::Tensor& log_student, Direction direction);

}  // namespace gistmill::loss
