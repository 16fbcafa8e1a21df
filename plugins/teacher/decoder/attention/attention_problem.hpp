// What the forward and the backward of attention share: where a head's numbers stand, packed blocks of keys,
// the walk over the keys that a tile sees, and the division of the work among threads. Internal to
// attention*.cpp.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#include "gistmill/expect_shape.hpp"
#include "plugins/teacher/decoder/attention/attention.hpp"
#include "plugins/teacher/decoder/attention/tiles.hpp"

namespace gistmill::decoder {

using tiles::kBlock;
using tiles::kTileRows;

enum class PackOrder { columns, rows };  // pack_columns or pack_rows

// A block of keys: at most kBlock tokens.
struct TokenBlock {
  std::int64_t first;
  std::int64_t tokens;
};

// Adds those of tokens [begin, end).
inline void append_blocks(std::int64_t begin, std::int64_t end, std::vector<TokenBlock>& blocks) {
  for (std::int64_t token = begin; token < end; token += kBlock)
    blocks.push_back({token, std::min(kBlock, end - token)});
}

// The keys or the values of some heads as right sides of products, a block of tokens each.
template <class T>
class Packed {
 public:
  // first: element of the first token and head; heads lie side by side, tokens `row` elements apart.
  Packed(const T* first, std::int64_t row, const std::vector<TokenBlock>& blocks, std::int64_t heads,
         std::int64_t size, PackOrder order)
      : blocks_(static_cast<std::int64_t>(blocks.size())), stride_(kBlock * size) {
    memory_ = tiles::buffer<T>(heads * blocks_ * stride_);
    at::parallel_for(0, heads * blocks_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const auto [token, count] = blocks[static_cast<std::size_t>(i % blocks_)];
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
  const T* qkv;     // [n, (A + 2 J) E]
  const T* prefix;  // [P, 2 J E]; null: none
  // What segments see of the prefix, in blocks: a run of them for every place where one begins.
  struct Run {
    std::int64_t begin;  // token
    std::int64_t end;    // of the segment that sees most
    std::int64_t block;  // the first
  };
  std::vector<Run> runs;
  std::vector<TokenBlock> prefix_blocks;

  std::int64_t group() const { return shape.heads / shape.kv_heads; }
  std::int64_t row_width() const { return (shape.heads + 2 * shape.kv_heads) * shape.head_size; }
  std::int64_t out_width() const { return shape.heads * shape.head_size; }
  std::int64_t tile_rows() const { return std::max<std::int64_t>(1, kTileRows / group()); }
  std::int64_t tile_height() const { return tile_rows() * group(); }
  // Where a tile of the segment that begins at row `first` ends: rows that see none of the prefix do not
  // share one with rows that do.
  std::int64_t tile_end(const AttentionPlan& plan, const Segment& segment, std::int64_t first) const {
    const std::int64_t end = std::min(first + tile_rows(), segment.rows);
    if (plan.first_keys.empty() || segment.prefix_keys() == 0) return end;
    const auto sees_prefix = [&](std::int64_t row) {
      return plan.first_keys[static_cast<std::size_t>(segment.row + row)] < segment.prefix_keys();
    };
    std::int64_t row = first + 1;
    while (row < end && sees_prefix(row) == sees_prefix(first)) ++row;
    return row;
  }
  // The first block of what the segment sees of the prefix.
  std::int64_t prefix_block(const Segment& segment) const {
    for (const Run& run : runs) {
      if (run.begin == segment.prefix_begin) return run.block;
    }
    return 0;  // it sees none
  }
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
    return Packed<T>(first, 2 * keys, prefix_blocks, shape.kv_heads, shape.head_size, order);
  }
  Packed<T> pack_own(const Segment& segment, std::int64_t head, bool values, PackOrder order) const {
    const std::int64_t at = values ? values_at(segment.row, head) : keys_at(segment.row, head);
    std::vector<TokenBlock> blocks;
    append_blocks(0, segment.rows, blocks);
    return Packed<T>(qkv + at, row_width(), blocks, 1, shape.head_size, order);
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
  Problem<T> problem{plan.shape, qkv.const_data_ptr<T>(), nullptr, {}, {}};
  for (const Segment& segment : plan.segments) {
    if (segment.prefix_keys() == 0) continue;
    const auto same = [&](const auto& run) { return run.begin == segment.prefix_begin; };
    auto run = std::find_if(problem.runs.begin(), problem.runs.end(), same);
    if (run == problem.runs.end()) run = problem.runs.insert(run, {segment.prefix_begin, segment.prefix, 0});
    run->end = std::max(run->end, segment.prefix);
  }
  for (auto& run : problem.runs) {
    run.block = static_cast<std::int64_t>(problem.prefix_blocks.size());
    append_blocks(run.begin, run.end, problem.prefix_blocks);
  }
  if (!problem.runs.empty()) problem.prefix = prefix.const_data_ptr<T>();
  return problem;
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
  std::int64_t prefix_block;  // Problem::prefix_block()

  std::int64_t group() const { return plan.shape.heads / plan.shape.kv_heads; }
  // Up to which position, itself included, row r sees nothing; -1: it sees all.
  std::int64_t hidden_up_to(std::int64_t r) const {
    return plan.window == 0 ? -1 : *plan.positions_of(head, segment.row + first + r) - plan.window;
  }
  // The first key that row r sees, as AttentionPlan::first_keys has it.
  std::int64_t first_key(std::int64_t r) const {
    return plan.first_keys.empty() ? 0 : plan.first_keys[static_cast<std::size_t>(segment.row + first + r)];
  }
  template <class Of>
  std::int64_t least(Of&& of) const {
    std::int64_t found = of(0);
    for (std::int64_t r = 1; r < rows; ++r) found = std::min(found, of(r));
    return found;
  }
};

// Keys that a tile's rows see, or some of them.
struct KeyBlock {
  bool own = false;        // of the segment itself, not of its prefix
  std::int64_t index = 0;  // among the packed blocks
  std::int64_t key = 0;    // the first: a key of the shared set, or a row of the segment
  tiles::Visible visible;
};

// Calls body(block) for every block of keys that a tile's rows see, a window and first keys aside.
template <class Body>
void for_blocks(const TileRows& tile, Body&& body) {
  const Segment& segment = tile.segment;
  const std::int64_t end = tile.first + tile.rows;
  const std::int64_t hidden = tile.least([&](std::int64_t r) { return tile.hidden_up_to(r); });
  const std::int64_t seen = tile.least([&](std::int64_t r) { return tile.first_key(r); });
  for (std::int64_t key = segment.prefix_begin; key < segment.prefix; key += kBlock) {
    const std::int64_t keys = std::min(kBlock, segment.prefix - key);
    const std::int64_t place = key - segment.prefix_begin;
    if (key + keys - 1 <= hidden || place + keys <= seen) continue;
    body(KeyBlock{false, tile.prefix_block + place / kBlock, key, {keys, keys, tile.group()}});
  }
  for (std::int64_t key = 0; key < end; key += kBlock) {
    const std::int64_t keys = std::min(kBlock, end - key);
    if (segment.prefix_keys() + key + keys <= seen) continue;
    body(KeyBlock{true, key / kBlock, key, {keys, tile.first + 1 - key, tile.group()}});
  }
}

// In place of a score that a row does not see: so low that the row's first real score wipes it out, as its
// own key's does at the latest. Not minus infinity, whose differences are no numbers; a power of two, so that
// its product with the scale is exact, and its difference to itself 0 in a fused product.
constexpr float kHiddenScore = -0x1p100f;

// Takes the keys before each row's window, and those before its first key, out of scores f32[m, kBlock].
inline void hide_unseen(const TileRows& tile, const KeyBlock& block, float* scores) {
  const std::int64_t group = tile.group();
  const std::int64_t keys = block.visible.keys;
  if (tile.plan.window > 0) {
    const std::int64_t* places = tile.plan.positions_of(tile.head, tile.segment.row) + block.key;
    for (std::int64_t r = 0; r < tile.rows; ++r) {
      const std::int64_t hidden = tile.hidden_up_to(r);
      for (std::int64_t i = 0; i < keys; ++i) {
        if ((block.own ? places[i] : block.key + i) > hidden) continue;
        for (std::int64_t g = 0; g < group; ++g) scores[(r * group + g) * kBlock + i] = kHiddenScore;
      }
    }
  }
  if (tile.plan.first_keys.empty()) return;
  const std::int64_t place =
      block.own ? tile.segment.prefix_keys() + block.key : block.key - tile.segment.prefix_begin;
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    const std::int64_t hidden = std::clamp<std::int64_t>(tile.first_key(r) - place, 0, keys);
    for (std::int64_t g = 0; g < group; ++g)
      std::fill_n(scores + (r * group + g) * kBlock, hidden, kHiddenScore);
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
    return segment.rows * (2 * segment.prefix_keys() + segment.rows);
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
