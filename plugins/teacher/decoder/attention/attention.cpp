#include "plugins/teacher/decoder/attention/attention.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gistmill/vector_math.hpp"
#include "plugins/teacher/decoder/attention/attention_problem.hpp"

namespace gistmill::decoder {
namespace {

// Of a tile of m = rows g rows: the g query heads of one key head, for each text row.
template <class T>
struct ForwardState {
  explicit ForwardState(const Problem<T>& problem)
      : queries(tiles::buffer<T>(problem.tile_height() * problem.shape.head_size)),
        scores(tiles::buffer<float>(problem.tile_height() * kBlock)),
        weights(tiles::buffer<T>(problem.tile_height() * kBlock)),
        out(tiles::buffer<float>(problem.tile_height() * problem.shape.head_size)),
        maximum(tiles::buffer<float>(problem.tile_height())),
        sum(tiles::buffer<float>(problem.tile_height())) {}

  std::unique_ptr<T[]> queries;      // [m, E]
  std::unique_ptr<float[]> scores;   // [m, kBlock]
  std::unique_ptr<T[]> weights;      // [m, kBlock]
  std::unique_ptr<float[]> out;      // [m, E], before it is divided by sum
  std::unique_ptr<float[]> maximum;  // [m]
  std::unique_ptr<float[]> sum;      // [m]
};

// out[m, size] / sum -> rows of `to`, `stride` elements apart.
template <class T>
void write_out(const ForwardState<T>& state, std::int64_t rows, std::int64_t group, std::int64_t size, T* to,
               std::int64_t stride, float* log_sum, std::int64_t heads) {
  for (std::int64_t m = 0; m < rows * group; ++m) {
    const std::size_t at = static_cast<std::size_t>(m);
    const float share = 1.0f / state.sum[at];
    T* line = to + m / group * stride + m % group * size;
    for (std::int64_t i = 0; i < size; ++i)
      put(line[i], state.out[static_cast<std::size_t>(m * size + i)] * share);
    log_sum[m / group * heads + m % group] = state.maximum[at] + std::log(state.sum[at]);
  }
}

template <class T>
void forward(const Problem<T>& problem, const AttentionPlan& plan, T* out, float* log_sum) {
  const std::int64_t size = problem.shape.head_size;
  const std::int64_t group = problem.group();
  const Packed<T> prefix_keys = problem.pack_prefix(false, PackOrder::columns);
  const Packed<T> prefix_values = problem.pack_prefix(true, PackOrder::rows);
  const auto tile = [&](ForwardState<T>& state, const Segment& segment, std::int64_t head, std::int64_t first,
                        std::int64_t rows, const Packed<T>& own_keys, const Packed<T>& own_values) {
    const std::int64_t m = rows * group;
    gather(problem.qkv + problem.queries_at(segment.row + first, head), problem.row_width(), rows,
           group * size, state.queries.get());
    std::fill_n(state.maximum.get(), m, -std::numeric_limits<float>::infinity());
    std::fill_n(state.sum.get(), m, 0.0f);
    std::fill_n(state.out.get(), m * size, 0.0f);
    const TileRows rows_of_tile{plan, segment, head, first, rows, problem.prefix_block(segment)};
    for_blocks(rows_of_tile, [&](const KeyBlock& block) {
      const std::int64_t width = tiles::padded(block.visible.keys);
      const T* keys = block.own ? own_keys.block(0, block.index) : prefix_keys.block(head, block.index);
      const T* values = block.own ? own_values.block(0, block.index) : prefix_values.block(head, block.index);
      tiles::product(m, width, size, state.queries.get(), size, keys, kBlock, state.scores.get(), kBlock,
                     false);
      hide_unseen(rows_of_tile, block, state.scores.get());
      tiles::softmax_step(m, block.visible, problem.shape.scale, state.scores.get(), state.weights.get(),
                          state.maximum.get(), state.sum.get(), state.out.get(), size);
      tiles::product(m, size, width, state.weights.get(), kBlock, values, size, state.out.get(), size, true);
    });
    write_out(state, rows, group, size, out + problem.out_at(segment.row + first, head), problem.out_width(),
              log_sum + (segment.row + first) * problem.shape.heads + head * group, problem.shape.heads);
  };
  for_tasks(
      plan, [&] { return ForwardState<T>(problem); },
      [&](ForwardState<T>& state, const Segment& segment, std::int64_t head) {
        const Packed<T> own_keys = problem.pack_own(segment, head, false, PackOrder::columns);
        const Packed<T> own_values = problem.pack_own(segment, head, true, PackOrder::rows);
        for (std::int64_t first = 0, end = 0; first < segment.rows; first = end) {
          end = problem.tile_end(plan, segment, first);
          tile(state, segment, head, first, end - first, own_keys, own_values);
        }
      });
}

}  // namespace

std::vector<Segment> causal_segments(std::int64_t rows) {
  constexpr std::int64_t kPieceRows = 64;  // with three query heads a key head these fill most of a tile
  std::vector<Segment> segments;
  for (std::int64_t row = 0; row < rows; row += kPieceRows)
    segments.push_back({row, std::min(kPieceRows, rows - row), row});
  return segments;
}

std::tuple<at::Tensor, at::Tensor> attention(const at::Tensor& qkv, const at::Tensor& prefix,
                                             const AttentionPlan& plan) {
  expect_attention_shapes(qkv, prefix, plan.shape);
  const at::Tensor out = at::empty({qkv.size(0), plan.shape.heads * plan.shape.head_size}, qkv.options());
  const at::Tensor log_sum = at::empty({qkv.size(0), plan.shape.heads}, qkv.options().dtype(at::kFloat));
  const auto run = [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    forward(problem_of<T>(qkv, prefix, plan), plan, out.mutable_data_ptr<T>(),
            log_sum.mutable_data_ptr<float>());
  };
  qkv.scalar_type() == at::kBFloat16 ? run(static_cast<c10::BFloat16*>(nullptr))
                                     : run(static_cast<float*>(nullptr));
  return {out, log_sum};
}

}  // namespace gistmill::decoder
