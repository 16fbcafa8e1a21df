// Calls of operations by name on plain arrays: for components outside of a recipe. No LibTorch, no gradient.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gistmill/plugin/tensor.hpp"
#include "host/instance/instance.hpp"

namespace gistmill {

using Arrays = std::map<std::string, Tensor>;

// The array of this port, or null where there is none.
const Tensor* find_array(const Arrays& arrays, const std::string& port);

// Runs operation `name` with one array a port; ports that `in` leaves out stay unwired. Throws Failure where
// the component has no such operation or port, where a port is missing or of another type, or where it gives
// another type than its manifest says.
// work: what the call adds what it did to; may be null.
Arrays call_operation(const Instance& instance, std::string_view name, const Arrays& in,
                      std::uint64_t seed = 0, gm_work* work = nullptr);

// The same of a source, at step number `step`: nothing where it has no more.
std::optional<Arrays> call_source(const Instance& instance, std::string_view name, std::uint64_t seed,
                                  std::uint64_t step);

// u8[B], the bytes of `text`; and back.
Tensor bytes_array(std::string_view text);
std::string text_of(const Tensor& bytes);

// i32[1, N] where `batch`, else i32[N].
Tensor token_array(const std::vector<std::int32_t>& tokens, bool batch = false);
std::vector<std::int32_t> tokens_of(const Tensor& tokens);

}  // namespace gistmill
