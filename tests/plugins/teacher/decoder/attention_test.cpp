// The blocked attention kernel against the plain formula, forward and backward.
#include "plugins/teacher/decoder/attention/attention.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "plugins/teacher/decoder/attention/row_attention.hpp"
#include "plugins/teacher/decoder/portable.hpp"
#include "tests/plugins/support/gradient_check.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;

struct Case {
  AttentionShape shape;
  std::int64_t prefix_tokens;
  std::vector<Segment> segments;
  std::int64_t window = 0;
  std::vector<std::int64_t> positions = {};
  bool positions_by_head = false;
  std::vector<std::int64_t> first_keys = {};

  AttentionPlan plan() const { return {shape, segments, window, positions, positions_by_head, first_keys}; }
};

struct Data {
  at::Tensor qkv;     // f64[n, (A + 2B) E]
  at::Tensor prefix;  // f64[P, 2 J E]
  at::Tensor grad;    // f64[n, A E]
};

Data random_data(const Case& c) {
  std::int64_t rows = 0;
  for (const Segment& segment : c.segments) rows = std::max(rows, segment.row + segment.rows);
  const std::int64_t keys = c.shape.kv_heads * c.shape.head_size;
  const std::int64_t queries = c.shape.heads * c.shape.head_size;
  return {random_normal({rows, queries + 2 * keys}, 1), random_normal({c.prefix_tokens, 2 * keys}, 2),
          random_normal({rows, queries}, 3)};
}

// One segment, one query head after the other; what attention means.
at::Tensor plain(const Case& c, const at::Tensor& qkv, const at::Tensor& prefix) {
  const std::int64_t size = c.shape.head_size;
  const std::int64_t group = c.shape.heads / c.shape.kv_heads;
  std::vector<at::Tensor> segments;
  for (const Segment& segment : c.segments) {
    const at::Tensor own = qkv.narrow(0, segment.row, segment.rows);
    const at::Tensor before = prefix.narrow(0, segment.prefix_begin, segment.prefix_keys());
    std::vector<at::Tensor> heads;
    for (std::int64_t head = 0; head < c.shape.heads; ++head) {
      const std::int64_t kv = head / group;
      const auto all = [&](std::int64_t offset) {
        return at::cat({before.narrow(1, (offset + kv) * size, size),
                        own.narrow(1, (c.shape.heads + offset + kv) * size, size)});
      };
      const at::Tensor scores =
          at::matmul(own.narrow(1, head * size, size), all(0).t()) * static_cast<double>(c.shape.scale);
      at::Tensor hidden = at::cat({at::zeros({segment.rows, segment.prefix_keys()}, at::kBool),
                                   at::ones({segment.rows, segment.rows}, at::kBool).triu(1)},
                                  1);
      if (c.window > 0) {
        const at::Tensor rows = at::tensor(c.positions, at::kLong)
                                    .view({c.positions_by_head ? c.shape.kv_heads : 1, -1})
                                    .select(0, c.positions_by_head ? kv : 0)
                                    .narrow(0, segment.row, segment.rows);
        const at::Tensor places = at::cat({at::arange(segment.prefix, at::kLong), rows});
        hidden = hidden.logical_or(places.unsqueeze(0).le(rows.unsqueeze(1) - c.window));
      }
      if (!c.first_keys.empty()) {
        const at::Tensor first =
            at::tensor(c.first_keys, at::kLong).narrow(0, segment.row, segment.rows).unsqueeze(1);
        hidden = hidden.logical_or(at::arange(hidden.size(1), at::kLong).unsqueeze(0).lt(first));
      }
      const at::Tensor weights = at::softmax(scores.masked_fill(hidden, -INFINITY), 1);
      heads.push_back(at::matmul(weights, all(c.shape.kv_heads)));
    }
    segments.push_back(at::cat(heads, 1));
  }
  return at::cat(segments);
}

double relative(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

// Forward and backward in `dtype` on inputs that are exact in it; errors relative to the norm of the result.
void expect_plain(const Case& c, at::ScalarType dtype, double tolerance) {
  Data data = random_data(c);
  const at::Tensor qkv = data.qkv.to(dtype);
  const at::Tensor prefix = data.prefix.to(dtype);
  const at::Tensor grad = data.grad.to(dtype);
  const at::Tensor leaf = qkv.to(at::kDouble).requires_grad_(true);
  const at::Tensor expected = plain(c, leaf, prefix.to(at::kDouble));
  const auto expected_grad = ::torch::autograd::grad({expected}, {leaf}, {grad.to(at::kDouble)});
  const AttentionPlan plan = c.plan();
  const auto [out, log_sum] = attention(qkv, prefix, plan);
  EXPECT_LE(relative(out, expected.detach()), tolerance);
  const at::Tensor found = attention_backward(grad, qkv, prefix, plan, out, log_sum);
  const std::int64_t queries = c.shape.heads * c.shape.head_size;
  const std::int64_t keys = c.shape.kv_heads * c.shape.head_size;
  EXPECT_LE(relative(found.narrow(1, 0, queries), expected_grad[0].narrow(1, 0, queries)), tolerance)
      << "queries";
  EXPECT_LE(relative(found.narrow(1, queries, keys), expected_grad[0].narrow(1, queries, keys)), tolerance)
      << "keys";
  EXPECT_LE(relative(found.narrow(1, queries + keys, keys), expected_grad[0].narrow(1, queries + keys, keys)),
            tolerance)
      << "values";
}

// The same of the portable form, differentiated by autograd.
void expect_portable_equals_kernel(const Case& c) {
  const Data data = random_data(c);
  const at::Tensor prefix = data.prefix.to(at::kFloat);
  const at::Tensor grad = data.grad.to(at::kFloat);
  const at::Tensor leaf = data.qkv.to(at::kFloat).requires_grad_(true);
  const AttentionPlan plan = c.plan();
  const auto [out, log_sum] = attention(leaf.detach(), prefix, plan);
  const at::Tensor found = portable::attend(leaf, prefix, plan);
  EXPECT_LE(relative(found.detach(), out), 2e-6);
  const auto found_grad = ::torch::autograd::grad({found}, {leaf}, {grad});
  EXPECT_LE(relative(found_grad[0], attention_backward(grad, leaf.detach(), prefix, plan, out, log_sum)),
            2e-6);
}

AttentionShape shape(std::int64_t heads, std::int64_t kv_heads, std::int64_t size) {
  return {heads, kv_heads, size, 1.0f / std::sqrt(static_cast<float>(size))};
}

const Case kSpans{
    shape(9, 3, 64), 700, {{0, 17, 0}, {17, 17, 31}, {34, 17, 256}, {51, 17, 257}, {68, 17, 700}}};
const Case kLongRows{shape(6, 2, 8), 40, {{0, 300, 40}, {300, 1, 7}}};
const Case kOddRows{shape(3, 1, 6), 5, {{0, 5, 5}, {5, 3, 0}}};
const Case kNoGroups{shape(4, 4, 10), 33, {{0, 9, 33}}};
// More keys than the portable form takes at a time, in no order.
const Case kLongPrefix{shape(4, 2, 8), 2100, {{0, 5, 2100}, {5, 5, 0}, {10, 5, 1024}, {15, 2, 1500}}};

std::vector<std::int64_t> consecutive(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> positions = {};
  for (std::int64_t i = 0; i < count; ++i) positions.push_back(first + i);
  return positions;
}
// A document of 700 tokens in pieces, as a full pass has them; its prefix is itself.
const Case kWindowedPass{shape(6, 2, 8),
                         700,
                         {{0, 64, 0}, {64, 64, 64}, {128, 300, 128}, {428, 272, 428}},
                         100,
                         consecutive(0, 700)};
// Rows that stand in no order, behind prefixes that the window cuts or hides, and more rows than it holds.
const Case kWindowedSpans{shape(4, 2, 10),
                          900,
                          {{0, 4, 300}, {4, 3, 900}, {7, 5, 0}},
                          50,
                          {310, 302, 331, 332, 960, 961, 962, 0, 1, 60, 61, 130}};
const Case kWindowedByHead{shape(4, 2, 10),
                           300,
                           {{0, 4, 300}, {4, 2, 20}},
                           30,
                           {301, 305, 331, 332, 21, 60, 300, 309, 331, 332, 25, 60},
                           true};

TEST(BlockedAttention, EqualsThePlainFormulaWithAWindow) {
  expect_plain(kWindowedPass, at::kFloat, 2e-6);
  expect_plain(kWindowedSpans, at::kFloat, 2e-6);
  expect_plain(kWindowedByHead, at::kFloat, 2e-6);
  expect_plain(kWindowedPass, at::kBFloat16, 6e-3);
}

// Runs of the shared set of their own, two of them shared; rows that see from a first key on.
std::vector<std::int64_t> narrowed(std::vector<std::int64_t> counts_and_firsts) {
  std::vector<std::int64_t> first_keys;
  for (std::size_t i = 0; i + 1 < counts_and_firsts.size(); i += 2)
    first_keys.insert(first_keys.end(), static_cast<std::size_t>(counts_and_firsts[i]),
                      counts_and_firsts[i + 1]);
  return first_keys;
}
const Case kRuns{
    shape(9, 3, 64), 700, {{0, 17, 300, 40}, {17, 17, 300, 300}, {34, 9, 700, 300}, {43, 9, 320, 300}}};
// A prompt of 270 places or 30, then a gist that sees it, then rows that see from the gist on.
const Case kGists{shape(6, 2, 8),
                  310,
                  {{0, 120, 270, 0}, {120, 40, 310, 280}, {160, 6, 0, 0}},
                  0,
                  {},
                  false,
                  narrowed({4, 0, 116, 270, 3, 0, 37, 30, 2, 0, 4, 1})};
// All in one segment, longer than a block and than a tile.
const Case kOwnGists{shape(3, 1, 6), 0, {{0, 600, 0}}, 0, {}, false, narrowed({310, 0, 290, 305})};
// Rows of a sliding kind, each with a first key of its own.
const Case kSliding{
    shape(4, 2, 10), 20, {{0, 12, 20, 3}}, 0, {}, false, {0, 2, 9, 17, 18, 19, 20, 20, 25, 26, 1, 28}};

TEST(BlockedAttention, EqualsThePlainFormulaForRunsOfKeysAndFirstKeys) {
  for (const Case& c : {kRuns, kGists, kOwnGists, kSliding}) {
    expect_plain(c, at::kFloat, 2e-6);
    expect_plain(c, at::kBFloat16, 6e-3);
  }
}

TEST(BlockedAttention, EqualsThePlainFormulaForSpansWithPrefixesOfAnyLength) {
  expect_plain(kSpans, at::kFloat, 2e-6);
}
TEST(BlockedAttention, EqualsThePlainFormulaForMoreRowsThanATileHolds) {
  expect_plain(kLongRows, at::kFloat, 2e-6);
}
TEST(BlockedAttention, EqualsThePlainFormulaForOddNumbersOfRows) { expect_plain(kOddRows, at::kFloat, 2e-6); }
TEST(BlockedAttention, EqualsThePlainFormulaWithoutGroups) { expect_plain(kNoGroups, at::kFloat, 2e-6); }

TEST(PortableAttention, EqualsTheKernelInValuesAndGradients) {
  for (const Case& c :
       {kSpans, kLongRows, kOddRows, kNoGroups, kLongPrefix, kWindowedPass, kWindowedSpans, kWindowedByHead})
    expect_portable_equals_kernel(c);
}

// bf16 has 8 bits: results, weights and score gradients are each rounded once, by at most 2^-9.
TEST(BlockedAttention, StaysWithinRoundingInBf16) {
  expect_plain(kSpans, at::kBFloat16, 6e-3);
  expect_plain(kLongRows, at::kBFloat16, 6e-3);
  expect_plain(kOddRows, at::kBFloat16, 6e-3);
}

TEST(BlockedAttention, StandsScoresFarBeyondWhatAnExponentialHolds) {
  Case c = kOddRows;
  c.shape.scale = 500.0f;
  const Data data = random_data(c);
  const auto [out, log_sum] =
      attention(data.qkv.to(at::kFloat), data.prefix.to(at::kFloat), {c.shape, c.segments});
  EXPECT_LE(relative(out, plain(c, data.qkv.to(at::kFloat).to(at::kDouble),
                                data.prefix.to(at::kFloat).to(at::kDouble))),
            1e-4);
}

TEST(BlockedAttention, GivesTheSameBitsEveryTime) {
  const Data data = random_data(kSpans);
  const at::Tensor qkv = data.qkv.to(at::kFloat);
  const at::Tensor prefix = data.prefix.to(at::kFloat);
  const AttentionPlan plan{kSpans.shape, kSpans.segments};
  const auto [out, log_sum] = attention(qkv, prefix, plan);
  const at::Tensor grad = attention_backward(data.grad.to(at::kFloat), qkv, prefix, plan, out, log_sum);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::equal(std::get<0>(attention(qkv, prefix, plan)), out));
    EXPECT_TRUE(
        at::equal(attention_backward(data.grad.to(at::kFloat), qkv, prefix, plan, out, log_sum), grad));
  }
}

// One row whose own key and value lie behind the prefix.
void expect_row_equals_plain(const Case& c, at::ScalarType dtype, double tolerance) {
  const Data data = random_data(c);
  const at::Tensor qkv = data.qkv.to(dtype);
  const at::Tensor prefix = data.prefix.to(dtype);
  const std::int64_t length = c.prefix_tokens + 1;
  const at::Tensor own = qkv.narrow(1, c.shape.heads * c.shape.head_size, prefix.size(1));
  const at::Tensor keys_values = at::cat({prefix, own, at::full({3, prefix.size(1)}, NAN, prefix.options())});
  const at::Tensor expected = plain(c, qkv.to(at::kDouble), prefix.to(at::kDouble));
  EXPECT_LE(relative(attend_row(qkv, keys_values, length, c.shape), expected), tolerance);
}

TEST(RowAttention, EqualsThePlainFormulaAndReadsNothingPastItsLength) {
  for (const std::int64_t tokens : {0, 1, 31, 700}) {
    const Case grouped{shape(9, 3, 64), tokens, {{0, 1, tokens}}};
    const Case odd{shape(4, 4, 10), tokens, {{0, 1, tokens}}};
    for (const Case& c : {grouped, odd}) {
      expect_row_equals_plain(c, at::kFloat, 2e-6);
      expect_row_equals_plain(c, at::kBFloat16, 6e-3);
    }
  }
}

}  // namespace
}  // namespace gistmill::decoder::test
