#include "plugins/teacher/decoder/entries.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <gistmill/expect_shape.hpp>
#include <gistmill/plugin/cancel.hpp>
#include <gistmill/plugin/values.hpp>
#include <gistmill/plugin/work.hpp>
#include <map>
#include <utility>
#include <vector>

namespace gistmill::decoder {
namespace {

using torch::expect_shape;

// Tokens at the document's start that take attention whatever they say (arXiv 2309.17453).
constexpr std::int64_t kSinks = 4;

std::vector<std::int64_t> list(const at::Tensor& starts) {
  return {starts.const_data_ptr<std::int64_t>(), starts.const_data_ptr<std::int64_t>() + starts.numel()};
}

// A layer's keys and values as f32[J, T, E] each.
std::pair<at::Tensor, at::Tensor> heads_of(const Config& config, const at::Tensor& keys_values) {
  const at::Tensor parts =
      keys_values.to(at::kFloat).view({keys_values.size(0), 2, config.kv_heads, config.head_size});
  return {parts.select(1, 0).transpose(0, 1), parts.select(1, 1).transpose(0, 1)};
}

// A layer's queries compute[T, A E] as f32[A, T, E].
at::Tensor queries_of(const Config& config, const Context& context, std::int64_t layer) {
  if (context.queries.empty()) {
    throw Error(GM_ERROR_USER, "the pass kept no queries, which attention needs; set queries = true",
                "queries");
  }
  const at::Tensor& rows = context.queries[static_cast<std::size_t>(layer)];
  return rows.to(at::kFloat).view({rows.size(0), config.heads, config.head_size}).transpose(0, 1);
}

// The pairs (2i, 2i+1) of vectors [.., E] turned by angles of cosine and sine [.., E/2]. A mean of rotations
// turns and shortens.
at::Tensor turned(const at::Tensor& vectors, const at::Tensor& cosine, const at::Tensor& sine) {
  std::vector<std::int64_t> shape(vectors.sizes().begin(), vectors.sizes().end());
  shape.back() /= 2;
  shape.push_back(2);
  const at::Tensor pairs = vectors.reshape(shape);
  const at::Tensor first = pairs.select(-1, 0);
  const at::Tensor second = pairs.select(-1, 1);
  return at::stack({first * cosine - second * sine, first * sine + second * cosine}, -1)
      .reshape(vectors.sizes());
}

// Cosine and sine f32[count, E/2] of positions first, first + 1, ..; f64 until the last rounding.
std::pair<at::Tensor, at::Tensor> angles(const std::vector<double>& frequencies, std::int64_t first,
                                         std::int64_t count, const at::Device& device) {
  const at::Tensor turns =
      at::outer(at::arange(first, first + count, at::kDouble), at::tensor(frequencies, at::kDouble));
  return {at::cos(turns).to(at::kFloat).to(device), at::sin(turns).to(at::kFloat).to(device)};
}

// Mean f32[A, 1, E] and covariance f32[A, E, E] of rows of queries, which grow from span to span: each row is
// multiplied once.
class QueryStatistics {
 public:
  explicit QueryStatistics(const at::Tensor& queries)  // f32[A, T, E], before they are rotated
      : center_(queries.mean(1, true)),  // any will do; near the mean little is lost by subtracting
        rows_(queries - center_),
        sum_(at::zeros({queries.size(0), 1, queries.size(2)}, queries.options())),
        products_(at::zeros({queries.size(0), queries.size(2), queries.size(2)}, queries.options())) {}

  // Of rows kSinks to `end`, which does not fall.
  std::pair<at::Tensor, at::Tensor> up_to(std::int64_t end) {
    const at::Tensor more = rows_.narrow(1, next_, end - next_);
    sum_ += more.sum(1, true);
    products_ += at::bmm(more.transpose(1, 2), more);
    next_ = end;
    const double count = static_cast<double>(end - kSinks);
    const at::Tensor mean = sum_ / count;
    return {mean + center_, products_ / count - at::bmm(mean.transpose(1, 2), mean)};
  }

 private:
  at::Tensor center_;
  at::Tensor rows_;
  at::Tensor sum_;
  at::Tensor products_;
  std::int64_t next_ = kSinks;
};

// Cosines and sines of a document's positions, and their means over the positions to come behind each span:
// the same in all layers that rotate alike, and dear to make.
class Turns {
 public:
  Turns(std::int64_t length, std::vector<std::int64_t> ends, std::int64_t future, const at::Device& device)
      : length_(length), ends_(std::move(ends)), future_(future), device_(device) {}

  // By how much all positions turn: f32[T, E/2] each; and behind each span on the mean, f32[E/2] each.
  struct Of {
    std::pair<at::Tensor, at::Tensor> all;
    std::vector<std::pair<at::Tensor, at::Tensor>> to_come;
  };
  const Of& of(const std::vector<double>& frequencies) {
    const auto [place, fresh] = known_.try_emplace(frequencies);
    if (!fresh) return place->second;
    place->second.all = angles(frequencies, 0, length_, device_);
    for (const std::int64_t end : ends_) {
      const auto [cosine, sine] = angles(frequencies, end, future_, device_);
      place->second.to_come.emplace_back(cosine.mean(0), sine.mean(0));
    }
    return place->second;
  }

 private:
  std::int64_t length_;
  std::vector<std::int64_t> ends_;
  std::int64_t future_;
  at::Device device_;
  std::map<std::vector<double>, Of> known_;
};

// The scores of a layer's entries kSinks to `end`, before the values' lengths: keys f32[J, n, E]; of the
// queries to come mean f32[A, 1, E] and covariance f32[A, E, E] -> f32[J, n]. Query heads of a key head stand
// side by side in one product, so that no key is copied.
at::Tensor expected_scores(const Config& config, const at::Tensor& keys, const at::Tensor& mean,
                           const at::Tensor& covariance) {
  const std::int64_t size = config.head_size;
  const std::int64_t group = config.group();
  const double scale = config.attention_scale();
  const auto by_key_head = [&](const at::Tensor& heads) {  // [A, x, E] -> [J, group, x, E]
    return heads.view({config.kv_heads, group, heads.size(1), size});
  };
  const at::Tensor mixing = by_key_head(covariance).permute({0, 2, 1, 3}).flatten(2);  // [J, E, group E]
  at::Tensor mixed = at::bmm(keys, mixing).view({config.kv_heads, keys.size(1), group, size});
  const at::Tensor spread = mixed.mul_(keys.unsqueeze(2)).sum(3).transpose(1, 2);  // [J, group, n]
  const at::Tensor scores =
      at::bmm(by_key_head(mean).squeeze(2), keys.transpose(1, 2)) * scale + spread * (scale * scale / 2.0);
  return at::softmax(scores, 2).mean(1);
}

// Tokens to come up to position `end` would not see entries of the first spans in a layer with a window,
// which the mean of their rotations does not know.
void check_window(const Config& config, std::int64_t end) {
  if (config.windowed_layers.empty() || end <= config.window + kSinks) return;
  throw Error(GM_ERROR_USER,
              "expected_attention looks " + std::to_string(end) + " tokens far when some layers of a " +
                  config.architecture + " model see only the last " + std::to_string(config.window) +
                  "; take attention, or shorter documents and a smaller future",
              "future");
}

}  // namespace

Entries entries_of(const Config& config, const Context& context, const at::Tensor& starts,
                   std::int64_t span) {
  const at::NoGradGuard no_grad;
  const std::vector<std::int64_t> firsts = list(starts);
  const auto count = static_cast<std::int64_t>(firsts.size());
  const at::TensorOptions options = context.states.options().dtype(at::kFloat);
  Entries all;
  all.keys = at::empty({config.layers, count, span, config.kv_heads, config.head_size}, options);
  all.values = at::empty_like(all.keys);
  all.key_mean = at::empty({config.layers, count, config.kv_heads, config.head_size}, options);
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const auto [keys, values] = heads_of(config, context.keys_values[static_cast<std::size_t>(layer)]);
    const at::Tensor units = (keys / keys.norm(2, {2}, true).clamp_min(1e-12)).cumsum(1);
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t first = firsts[static_cast<std::size_t>(k)];
      all.keys[layer][k].copy_(keys.narrow(1, first, span).transpose(0, 1));
      all.values[layer][k].copy_(values.narrow(1, first, span).transpose(0, 1));
      all.key_mean[layer][k].copy_(units.select(1, first + span - 1) / static_cast<double>(first + span));
    }
  }
  return all;
}

at::Tensor attention_of(const Config& config, const Context& context, const at::Tensor& starts,
                        std::int64_t span) {
  const at::NoGradGuard no_grad;
  const std::vector<std::int64_t> firsts = list(starts);
  const auto count = static_cast<std::int64_t>(firsts.size());
  const double scale = config.attention_scale();
  at::Tensor result = at::empty({config.layers, count, config.kv_heads, span, span},
                                context.states.options().dtype(at::kFloat));
  const at::Tensor later = at::ones({span, span}, result.options().dtype(at::kBool)).triu(1);
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    stop_if_canceled();
    const at::Tensor keys = heads_of(config, context.keys_values[static_cast<std::size_t>(layer)]).first;
    const at::Tensor queries = queries_of(config, context, layer);
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t first = firsts[static_cast<std::size_t>(k)];
      const at::Tensor rows =
          queries.narrow(1, first, span).reshape({config.kv_heads, config.group() * span, config.head_size});
      at::Tensor scores = at::bmm(rows, keys.narrow(1, 0, first + span).transpose(1, 2)) * scale;
      scores = scores.view({config.kv_heads, config.group(), span, first + span});
      scores.narrow(3, first, span).masked_fill_(later, -INFINITY);
      if (const std::int64_t window = config.window_of(layer); window > 0) {
        const at::Tensor places = at::arange(first + span, result.options().dtype(at::kLong));
        const at::Tensor hidden = places.unsqueeze(0).le(places.narrow(0, first, span).unsqueeze(1) - window);
        scores.masked_fill_(hidden, -INFINITY);
      }
      result[layer][k].copy_(at::softmax(scores, 3).narrow(3, first, span).mean(1));
      gistmill::count_work(2.0 * static_cast<double>(rows.numel() * (first + span)), 0);
    }
  }
  return result;
}

at::Tensor expected_attention_of(const Config& config, const Context& context, const at::Tensor& starts,
                                 std::int64_t span, std::int64_t future) {
  const at::NoGradGuard no_grad;
  const std::vector<std::int64_t> firsts = list(starts);
  const auto count = static_cast<std::int64_t>(firsts.size());
  const std::int64_t length = context.length();
  at::Tensor result =
      at::zeros({config.layers, count, config.kv_heads, span}, context.states.options().dtype(at::kFloat));
  if (length <= kSinks) return result;
  check_window(config, firsts.empty() ? 0 : firsts.back() + span + future);
  std::vector<std::int64_t> ends;
  for (const std::int64_t first : firsts) ends.push_back(first + span);
  Turns turns(length, ends, future, context.states.device());
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    stop_if_canceled();
    const auto [keys, values] = heads_of(config, context.keys_values[static_cast<std::size_t>(layer)]);
    const at::Tensor lengths = values.norm(2, {2});
    const Turns::Of* turn = config.rotates(layer) ? &turns.of(config.frequencies_of(layer)) : nullptr;
    at::Tensor queries = queries_of(config, context, layer);
    if (turn != nullptr) queries = turned(queries, turn->all.first, -turn->all.second);
    QueryStatistics statistics(queries);
    for (std::size_t k = 0; k < ends.size(); ++k) {
      const std::int64_t seen = ends[k] - kSinks;
      if (seen < 1) continue;  // nothing but sinks, alike
      auto [mean, covariance] = statistics.up_to(ends[k]);
      if (turn != nullptr) {  // R m, and R C R^T: by rows, then by columns
        const auto& [cosine, sine] = turn->to_come[k];
        mean = turned(mean, cosine, sine);
        covariance = turned(turned(covariance, cosine, sine).transpose(1, 2), cosine, sine);
      }
      const at::Tensor scores = expected_scores(config, keys.narrow(1, kSinks, seen), mean, covariance) *
                                lengths.narrow(1, kSinks, seen);
      const std::int64_t shown = std::min(span, seen);
      const at::Tensor out = result[layer][static_cast<std::int64_t>(k)];
      out.narrow(1, 0, span - shown).fill_(scores.max() + 1.0);
      out.narrow(1, span - shown, shown).copy_(scores.narrow(1, seen - shown, shown));
      gistmill::count_work(
          2.0 * static_cast<double>(config.heads * seen * config.head_size * config.head_size), 0);
    }
  }
  return result;
}

at::Tensor kept_rows(const Config& config, const at::Tensor& keys_values, const at::Tensor& kept) {
  const std::int64_t count = kept.size(0);   // K
  const std::int64_t places = kept.size(2);  // R
  expect_shape(kept, {count, config.kv_heads, places}, "kept");
  // Row (token 2 + part) J + head of [T 2 J, E] is one entry's key or value.
  const auto range = [](std::int64_t size, at::IntArrayRef shape) {
    return at::arange(size, at::kLong).view(shape);
  };
  const at::Tensor tokens = kept.transpose(1, 2).unsqueeze(2);  // [K, R, 1, J]
  const at::Tensor rows = (tokens * 2 + range(2, {1, 1, 2, 1})) * config.kv_heads +
                          range(config.kv_heads, {1, 1, 1, config.kv_heads});
  return keys_values.reshape({-1, config.head_size})
      .index_select(0, rows.flatten().to(keys_values.device()))
      .view({count, places, 2 * config.key_width()});
}

}  // namespace gistmill::decoder
