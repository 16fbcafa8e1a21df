// What the forward and the backward of attention share: where a head's numbers stand, packed blocks of keys,
// the walk over the keys that a tile sees, and the division of the work among threads. Internal to
// attention*.cpp.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "gistmill/expect_shape.hpp"
#include "plugins/teacher/decoder/attention/attention.hpp"
#include "plugins/teacher/decoder/attention/tiles.hpp"

namespace gistmill::decoder {

using tiles::kBlock;
using tiles::kTileRows;

enum class PackOrder { columns, rows };  // pack_columns or pack_rows

// The keys or the values of some heads as right sides of products, cut into blocks of kBlock tokens.
template <class T>
class Packed {
 public:
  // first: element of the first token and head; heads lie side by side, tokens `row` elements apart.
  Packed(const T* first, std::int64_t row, std::int64_t tokens, std::int64_t heads, std::int64_t size,
         PackOrder order)
      : blocks_((tokens + kBlock - 1) / kBlock), stride_(kBlock * size) {
    memory_ = tiles::buffer<T>(heads * blocks_ * stride_);
    at::parallel_for(0, heads * blocks_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t token = i % blocks_ * kBlock;
        const std::int64_t count = std::min(kBlock, tokens - token);
        const T* from = first + token * row + i / blocks_ * size;
        T* to = memory_.get() + i * stride_;
        if (order == PackOrder::columns) {
          tiles::pack_columns(from, row, count, size, tiles::padded(count), to);
        } else {
          tiles::pack_rows(from, row, count, size, tiles::padded(count), to);
        }
      }
    });
  }
  const T* block(std::int64_t head, std::int64_t index) const {
    return memory_.get() + (head * blocks_ + index) * stride_;
  }

 private:
  std::int64_t blocks_;
  std::int64_t stride_;
  std::unique_ptr<T[]> memory_;
};

// One call: pointers and strides of everything that the tasks share.
template <class T>
struct Problem {
  AttentionShape shape;
  const T* qkv;                // [n, (A + 2 J) E]
  const T* prefix;             // [P, 2 J E]; null: none
  std::int64_t prefix_tokens;  // the most that any segment sees

  std::int64_t group() const { return shape.heads / shape.kv_heads; }
  std::int64_t row_width() const { return (shape.heads + 2 * shape.kv_heads) * shape.head_size; }
  std::int64_t out_width() const { return shape.heads * shape.head_size; }
  std::int64_t tile_rows() const { return std::max<std::int64_t>(1, kTileRows / group()); }
  std::int64_t tile_height() const { return tile_rows() * group(); }
  std::int64_t queries_at(std::int64_t row, std::int64_t head) const {
    return row * row_width() + head * group() * shape.head_size;
  }
  std::int64_t keys_at(std::int64_t row, std::int64_t head) const {
    return row * row_width() + (shape.heads + head) * shape.head_size;
  }
  std::int64_t values_at(std::int64_t row, std::int64_t head) const {
    return keys_at(row, head) + shape.kv_heads * shape.head_size;
  }
  std::int64_t out_at(std::int64_t row, std::int64_t head) const {
    return row * out_width() + head * group() * shape.head_size;
  }
  Packed<T> pack_prefix(bool values, PackOrder order) const {
    const std::int64_t keys = shape.kv_heads * shape.head_size;
    const T* first = prefix != nullptr && values ? prefix + keys : prefix;
    return Packed<T>(first, 2 * keys, prefix_tokens, shape.kv_heads, shape.head_size, order);
  }
  Packed<T> pack_own(const Segment& segment, std::int64_t head, bool values, PackOrder order) const {
    const std::int64_t at = values ? values_at(segment.row, head) : keys_at(segment.row, head);
    return Packed<T>(qkv + at, row_width(), segment.rows, 1, shape.head_size, order);
  }
};

// qkv [n, (A + 2 J) E]; prefix [P, 2 J E] or undefined
inline void expect_attention_shapes(const at::Tensor& qkv, const at::Tensor& prefix,
                                    const AttentionShape& shape) {
  const std::int64_t keys = shape.kv_heads * shape.head_size;
  torch::expect_shape(qkv, {torch::kAnySize, shape.heads * shape.head_size + 2 * keys}, "qkv");
  if (prefix.defined()) torch::expect_shape(prefix, {torch::kAnySize, 2 * keys}, "prefix");
}

template <class T>
Problem<T> problem_of(const at::Tensor& qkv, const at::Tensor& prefix, const AttentionPlan& plan) {
  std::int64_t tokens = 0;
  for (const Segment& segment : plan.segments) tokens = std::max(tokens, segment.prefix);
  return {plan.shape, qkv.const_data_ptr<T>(), tokens > 0 ? prefix.const_data_ptr<T>() : nullptr, tokens};
}

// Copies `rows` rows of `size` elements, `stride` apart, next to one another: the query heads of one key
// head.
template <class T>
void gather(const T* from, std::int64_t stride, std::int64_t rows, std::int64_t size, T* to) {
  for (std::int64_t r = 0; r < rows; ++r)
    std::copy(from + r * stride, from + r * stride + size, to + r * size);
}

// Rows [first, first + rows) of a segment, of the query heads of one key head.
struct TileRows {
  const AttentionPlan& plan;
  const Segment& segment;
  std::int64_t head;
  std::int64_t first;
  std::int64_t rows;

  std::int64_t group() const { return plan.shape.heads / plan.shape.kv_heads; }
  // Up to which position, itself included, row r sees nothing; -1: it sees all.
  std::int64_t hidden_up_to(std::int64_t r) const {
    return plan.window == 0 ? -1 : *plan.positions_of(head, segment.row + first + r) - plan.window;
  }
  std::int64_t all_hidden_up_to() const {
    std::int64_t least = hidden_up_to(0);
    for (std::int64_t r = 1; r < rows; ++r) least = std::min(least, hidden_up_to(r));
    return least;
  }
};

// Calls body(is_own, block, visible) for every block of keys that a tile's rows see, a window aside.
template <class Body>
void for_blocks(const TileRows& tile, Body&& body) {
  const std::int64_t end = tile.first + tile.rows;
  const std::int64_t hidden = tile.all_hidden_up_to();
  for (std::int64_t key = 0; key < tile.segment.prefix; key += kBlock) {
    const std::int64_t keys = std::min(kBlock, tile.segment.prefix - key);
    if (key + keys - 1 > hidden) body(false, key / kBlock, tiles::Visible{keys, keys, tile.group()});
  }
  for (std::int64_t key = 0; key < end; key += kBlock) {
    const std::int64_t keys = std::min(kBlock, end - key);
    body(true, key / kBlock, tiles::Visible{keys, tile.first + 1 - key, tile.group()});
  }
}

// Takes the keys before each row's window out of scores f32[m, kBlock]: so low that the row's first real
// score wipes them out, as its own key's does at the latest. Not minus infinity, whose differences are no
// numbers; a power of two, so that its product with the scale is exact, and its difference to itself 0 in a
// fused product.
inline void hide_before_window(const TileRows& tile, bool own, std::int64_t block, std::int64_t keys,
                               float* scores) {
  constexpr float kHidden = -0x1p100f;
  if (tile.plan.window == 0) return;
  const std::int64_t key = block * kBlock;
  const std::int64_t group = tile.group();
  const std::int64_t* places = tile.plan.positions_of(tile.head, tile.segment.row) + key;
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    const std::int64_t hidden = tile.hidden_up_to(r);
    for (std::int64_t i = 0; i < keys; ++i) {
      if ((own ? places[i] : key + i) > hidden) continue;
      for (std::int64_t g = 0; g < group; ++g) scores[(r * group + g) * kBlock + i] = kHidden;
    }
  }
}

// Runs task(worker state, segment, head) for every segment and head: dearest first, each thread taking the
// next one, since the prefixes differ in length. Every task writes its own rows and heads, so order changes
// no bit.
template <class MakeState, class Task>
void for_tasks(const AttentionPlan& plan, MakeState&& make_state, Task&& task) {
  std::vector<std::int64_t> order(plan.segments.size());
  std::iota(order.begin(), order.end(), 0);
  const auto cost = [&](std::int64_t i) {
    const Segment& segment = plan.segments[static_cast<std::size_t>(i)];
    return segment.rows * (2 * segment.prefix + segment.rows);
  };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return cost(a) > cost(b); });
  const std::int64_t heads = plan.shape.kv_heads;
  const std::int64_t count = heads * static_cast<std::int64_t>(order.size());
  std::atomic<std::int64_t> next{0};
  at::parallel_for(
      0, std::min<std::int64_t>(at::get_num_threads(), count), 1, [&](std::int64_t, std::int64_t) {
        auto state = make_state();
        for (std::int64_t i = next++; i < count; i = next++) {
          task(state, plan.segments[static_cast<std::size_t>(order[static_cast<std::size_t>(i / heads)])],
               i % heads);
        }
        tiles::finish_products();
      });
}

}  // namespace gistmill::decoder
