// Elements of plain arrays as doubles, whatever their dtype; and arrays against each other. For checks on
// small arrays: nothing here is fast.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gistmill/plugin/tensor.hpp>

namespace gistmill {

bool is_floating(const Tensor& array);

// Of any dtype of the ABI.
double element(const Tensor& array, std::int64_t index);
// Rounds to the dtype. The array is the caller's own, or a parameter's memory.
void set_element(Tensor& array, std::int64_t index, double value);

std::vector<double> elements(const Tensor& array);
// A copy with memory of its own.
Tensor copy_of(const Tensor& array);
// dtype, shape and every bit.
bool same_bits(const Tensor& a, const Tensor& b);
// "" or where they differ first: "[3] is 0.5 and then 0.25".
std::string difference_of(const Tensor& before, const Tensor& after);
// The first element that is not finite, or nothing.
std::optional<std::int64_t> first_not_finite(const Tensor& array);

// A handle on a copy of `array` in memory with gaps: its last dimension has a stride of 2, others more. The
// receiver owns it. Arrays without dimensions have no strides.
gm_tensor* share_with_gaps(const Tensor& array);

}  // namespace gistmill
