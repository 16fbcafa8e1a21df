#include <ATen/ATen.h>

#include "gistmill/vector_math.hpp"
#include "plugins/teacher/decoder/attention/attention.hpp"
#include "plugins/teacher/decoder/attention/attention_problem.hpp"

namespace gistmill::decoder {
namespace {

// With S = queries keys^T, W = exp(scale S - log_sum) where visible, else 0, and out = W values:
//   grad_values  = W^T grad_out
//   grad_weights = grad_out values^T
//   grad_scores  = scale W * (grad_weights - dot), dot = grad_out . out of each row; the gradient of S
//   grad_queries = grad_scores keys
//   grad_keys    = grad_scores^T queries
// The g query heads of a key head are rows of one tile, so that the products sum over them. W is computed
// again from the scores: cheaper than keeping it, which would take as much memory as everything else of a
// layer together.
template <class T>
struct BackwardState {
  explicit BackwardState(const Problem<T>& problem)
      : queries(tiles::buffer<T>(problem.tile_height() * problem.shape.head_size)),
        grad_out(tiles::buffer<T>(problem.tile_height() * problem.shape.head_size)),
        packed(tiles::buffer<T>(tiles::even(problem.tile_height()) * problem.shape.head_size)),
        scores(tiles::buffer<float>(problem.tile_height() * kBlock)),
        grad_weights(tiles::buffer<float>(problem.tile_height() * kBlock)),
        grad_scores(tiles::buffer<T>(problem.tile_height() * kBlock)),
        weights(tiles::buffer<T>(problem.tile_height() * kBlock)),
        transposed(tiles::buffer<T>(tiles::even(problem.tile_height()) * kBlock)),
        grad_queries(tiles::buffer<float>(problem.tile_height() * problem.shape.head_size)),
        dot(tiles::buffer<float>(problem.tile_height())),
        log_sum(tiles::buffer<float>(problem.tile_height())) {}

  std::unique_ptr<T[]> queries;           // [m, E]
  std::unique_ptr<T[]> grad_out;          // [m, E]
  std::unique_ptr<T[]> packed;            // [even(m), E]: queries or grad_out, the right side of a product
  std::unique_ptr<float[]> scores;        // [m, kBlock]: S
  std::unique_ptr<float[]> grad_weights;  // [m, kBlock]
  std::unique_ptr<T[]> grad_scores;       // [m, kBlock]
  std::unique_ptr<T[]> weights;           // [m, kBlock]: W
  std::unique_ptr<T[]> transposed;        // [kBlock, even(m)]: weights or grad_scores
  std::unique_ptr<float[]> grad_queries;  // [m, E]
  std::unique_ptr<float[]> dot;           // [m]
  std::unique_ptr<float[]> log_sum;       // [m]
  std::vector<float> grad_keys;           // of the whole segment, [rows, E]
  std::vector<float> grad_values;         // the same
};

// from f32[rows, size] -> to, rows `stride` elements apart.
template <class T>
void scatter(const float* from, std::int64_t rows, std::int64_t size, T* to, std::int64_t stride) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < size; ++i) put(to[r * stride + i], from[r * size + i]);
  }
}

template <class T>
class Backward {
 public:
  Backward(const Problem<T>& problem, const AttentionPlan& plan, const T* grad, const T* out,
           const float* log_sum, T* grad_qkv)
      : problem_(problem),
        plan_(plan),
        grad_(grad),
        out_(out),
        log_sum_(log_sum),
        grad_qkv_(grad_qkv),
        key_columns_(problem.pack_prefix(false, PackOrder::columns)),
        value_columns_(problem.pack_prefix(true, PackOrder::columns)),
        key_rows_(problem.pack_prefix(false, PackOrder::rows)) {}

  void segment(BackwardState<T>& state, const Segment& segment, std::int64_t head) const {
    const std::int64_t size = problem_.shape.head_size;
    const Own own{problem_.pack_own(segment, head, false, PackOrder::columns),
                  problem_.pack_own(segment, head, true, PackOrder::columns),
                  problem_.pack_own(segment, head, false, PackOrder::rows)};
    state.grad_keys.assign(static_cast<std::size_t>(segment.rows * size), 0.0f);
    state.grad_values.assign(static_cast<std::size_t>(segment.rows * size), 0.0f);
    for (std::int64_t first = 0, end = 0; first < segment.rows; first = end) {
      end = problem_.tile_end(plan_, segment, first);
      tile(state, segment, head, first, end - first, own);
    }
    scatter(state.grad_keys.data(), segment.rows, size, grad_qkv_ + problem_.keys_at(segment.row, head),
            problem_.row_width());
    scatter(state.grad_values.data(), segment.rows, size, grad_qkv_ + problem_.values_at(segment.row, head),
            problem_.row_width());
  }

 private:
  struct Own {
    Packed<T> key_columns;
    Packed<T> value_columns;
    Packed<T> key_rows;
  };

  // Rows [first, first + rows) of the segment, all query heads of one key head: m = rows g tile rows.
  void tile(BackwardState<T>& state, const Segment& segment, std::int64_t head, std::int64_t first,
            std::int64_t rows, const Own& own) const {
    const std::int64_t size = problem_.shape.head_size;
    const std::int64_t group = problem_.group();
    const std::int64_t m = rows * group;
    const std::int64_t row = segment.row + first;
    gather(problem_.qkv + problem_.queries_at(row, head), problem_.row_width(), rows, group * size,
           state.queries.get());
    gather(grad_ + problem_.out_at(row, head), problem_.out_width(), rows, group * size,
           state.grad_out.get());
    load_row_sums(state, row, head, m);
    std::fill_n(state.grad_queries.get(), m * size, 0.0f);
    const TileRows rows_of_tile{plan_, segment, head, first, rows, problem_.prefix_block(segment)};
    for_blocks(rows_of_tile, [&](const KeyBlock& block) {
      const std::int64_t width = tiles::padded(block.visible.keys);
      const auto packed = [&](const Packed<T>& of_own, const Packed<T>& of_prefix) {
        return block.own ? of_own.block(0, block.index) : of_prefix.block(head, block.index);
      };
      const T* keys = packed(own.key_columns, key_columns_);
      const T* values = packed(own.value_columns, value_columns_);
      const T* key_rows = packed(own.key_rows, key_rows_);
      tiles::product(m, width, size, state.queries.get(), size, keys, kBlock, state.scores.get(), kBlock,
                     false);
      tiles::product(m, width, size, state.grad_out.get(), size, values, kBlock, state.grad_weights.get(),
                     kBlock, false);
      hide_unseen(rows_of_tile, block, state.scores.get());
      tiles::softmax_gradient(m, block.visible, problem_.shape.scale, state.scores.get(),
                              state.grad_weights.get(), state.log_sum.get(), state.dot.get(),
                              state.grad_scores.get(), block.own ? state.weights.get() : nullptr);
      tiles::product(m, size, width, state.grad_scores.get(), kBlock, key_rows, size,
                     state.grad_queries.get(), size, true);
      if (block.own) {
        const std::int64_t at = block.key * size;
        add_transposed(state, m, block.visible.keys, state.grad_scores.get(), state.queries.get(),
                       state.grad_keys.data() + at);
        add_transposed(state, m, block.visible.keys, state.weights.get(), state.grad_out.get(),
                       state.grad_values.data() + at);
      }
    });
    for (std::int64_t r = 0; r < rows; ++r) {
      scatter(state.grad_queries.get() + r * group * size, 1, group * size,
              grad_qkv_ + problem_.queries_at(row + r, head), 0);
    }
  }

  // The log of the softmax's denominator, and grad_out . out, of every tile row.
  void load_row_sums(BackwardState<T>& state, std::int64_t row, std::int64_t head, std::int64_t m) const {
    const std::int64_t size = problem_.shape.head_size;
    const std::int64_t group = problem_.group();
    for (std::int64_t i = 0; i < m; ++i) {
      const T* out = out_ + problem_.out_at(row + i / group, head) + i % group * size;
      const T* grad = state.grad_out.get() + i * size;
      float dot = 0.0f;
      for (std::int64_t e = 0; e < size; ++e) dot += as_float(grad[e]) * as_float(out[e]);
      state.dot[static_cast<std::size_t>(i)] = dot;
      state.log_sum[static_cast<std::size_t>(i)] =
          log_sum_[(row + i / group) * problem_.shape.heads + head * group + i % group];
    }
  }

  // to f32[n, E] += left[m, n]^T right[m, E], left's rows kBlock apart
  void add_transposed(BackwardState<T>& state, std::int64_t m, std::int64_t n, const T* left, const T* right,
                      float* to) const {
    const std::int64_t size = problem_.shape.head_size;
    tiles::transpose(left, m, n, state.transposed.get());
    tiles::pack_rows(right, size, m, size, tiles::even(m), state.packed.get());
    tiles::product(n, size, tiles::even(m), state.transposed.get(), tiles::even(m), state.packed.get(), size,
                   to, size, true);
  }

  const Problem<T>& problem_;
  const AttentionPlan& plan_;
  const T* grad_;          // [n, A E]
  const T* out_;           // [n, A E]
  const float* log_sum_;   // [n, A]
  T* grad_qkv_;            // [n, (A + 2 J) E]
  Packed<T> key_columns_;  // of the prefix, as are the next two
  Packed<T> value_columns_;
  Packed<T> key_rows_;
};

}  // namespace

at::Tensor attention_backward(const at::Tensor& grad, const at::Tensor& qkv, const at::Tensor& prefix,
                              const AttentionPlan& plan, const at::Tensor& out, const at::Tensor& log_sum) {
  const std::int64_t out_width = plan.shape.heads * plan.shape.head_size;
  expect_attention_shapes(qkv, prefix, plan.shape);
  torch::expect_shape(grad, {qkv.size(0), out_width}, "grad");
  torch::expect_shape(out, {qkv.size(0), out_width}, "out");
  torch::expect_shape(log_sum, {qkv.size(0), plan.shape.heads}, "log_sum");
  at::Tensor grad_qkv = at::zeros_like(qkv);
  const auto run = [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const Problem<T> problem = problem_of<T>(qkv, prefix, plan);
    const Backward<T> backward(problem, plan, grad.const_data_ptr<T>(), out.const_data_ptr<T>(),
                               log_sum.const_data_ptr<float>(), grad_qkv.mutable_data_ptr<T>());
    for_tasks(
        plan, [&] { return BackwardState<T>(problem); },
        [&](BackwardState<T>& state, const Segment& segment, std::int64_t head) {
          backward.segment(state, segment, head);
        });
  };
  qkv.scalar_type() == at::kBFloat16 ? run(static_cast<c10::BFloat16*>(nullptr))
                                     : run(static_cast<float*>(nullptr));
  return grad_qkv;
}

}  // namespace gistmill::decoder
