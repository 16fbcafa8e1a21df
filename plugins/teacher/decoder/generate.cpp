// Continuing texts, a token at a time: the keys and values of what came before are kept.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/attention/row_attention.hpp"
#include "plugins/teacher/decoder/model.hpp"

namespace gistmill::decoder {
namespace {

// Of each row of probabilities [B, V]: one drawn among the fewest that hold `top_p`, i64[B].
at::Tensor draw(const at::Tensor& probabilities, double top_p, at::Generator& generator) {
  if (top_p >= 1.0) return at::multinomial(probabilities, 1, false, generator).squeeze(1);
  const auto [sorted, places] = probabilities.sort(-1, true);
  const at::Tensor before = sorted.cumsum(-1) - sorted;  // probability of those ahead
  const at::Tensor kept = sorted * before.lt(top_p);
  return places.gather(1, at::multinomial(kept, 1, false, generator)).squeeze(1);
}

}  // namespace

// What the tokens so far left behind, a gist cache's first, with room for those to come. P: columns of the
// prompt, behind the G entries of a gist cache.
struct Model::Kept {
  std::vector<at::Tensor> keys_values;  // a layer each, compute[B, G + P + room, 2 J E]
  at::Tensor allowed;                   // bool[B, G + P + room]: what the next token sees; undefined: all
  at::Tensor positions;                 // i64[B]: of the last token
  at::Tensor places;                    // i64[B, G + P + room]: of all; undefined: 0, 1, ..
  std::int64_t length = 0;              // G + P and what was added
};

// hidden compute[B, D] -> the next token of each row, i64[B].
at::Tensor Model::choose(const at::Tensor& hidden, const Sampling& sampling, at::Generator& generator) const {
  const at::Tensor logits = weights_.head.apply(hidden).to(at::kFloat).cpu();
  if (sampling.temperature <= 0.0) return logits.argmax(-1);
  return draw(at::softmax(logits / sampling.temperature, -1), sampling.top_p, generator);
}

// The pass over the prompt; gives the last row of each text, compute[B, D].
at::Tensor Model::fill(const Batch& prompt, std::int64_t room, Kept& kept) const {
  const std::int64_t count = prompt.ids.size(0);
  const std::int64_t length = prompt.ids.size(1);
  const std::int64_t gists = prompt.cache == nullptr ? 0 : prompt.cache->gists();
  const at::Tensor positions = positions_of(prompt).to(at::kLong);  // in main memory
  kept.positions = positions.select(1, length - 1).contiguous();
  kept.length = gists + length;
  std::vector<at::Tensor> own;
  at::Tensor hidden;
  const bool placed = prompt.positions.defined() && window_hides(config_.context - 1);
  if (count == 1 && !prompt.mask.defined() && !placed && gists == 0) {
    Pass pass;
    pass.embeddings = embed_batch(prompt, {});
    pass.positions = here(positions.flatten().contiguous());
    pass.attention = causal(length, &own);
    hidden = run(pass).unsqueeze(0);
  } else {
    hidden = read_batch(prompt, &own);
  }
  // Where nothing is hidden from the next token, it attends to all that is kept, in order.
  const bool hides = prompt.mask.defined() || placed || (gists > 0 && window_hides(config_.context - 1));
  if (count > 1 || hides) {
    const at::Tensor last = allowed_of(prompt).select(1, length - 1);
    const auto seen = [&](std::int64_t columns) { return at::ones({count, columns}, at::kBool); };
    kept.allowed = here(at::cat({seen(gists), last, seen(room)}, 1));
    const at::Tensor next = kept.positions.unsqueeze(1) + at::arange(1, room + 1, at::kLong);
    kept.places = at::cat({positions, next}, 1);
    if (gists > 0) kept.places = at::cat({prompt.cache->positions.expand({count, -1}), kept.places}, 1);
    kept.places = here(kept.places);
  }
  for (std::size_t layer = 0; layer < own.size(); ++layer) {
    const at::Tensor rows = own[layer].view({count, length, -1});
    const at::Tensor place = at::empty({count, gists + length + room, rows.size(2)}, rows.options());
    if (gists > 0) place.narrow(1, 0, gists).copy_(cached(prompt, layer));
    place.narrow(1, gists, length).copy_(rows);
    kept.keys_values.push_back(place);
  }
  return hidden.select(1, length - 1);
}

// The pass over one more token of each text, i64[B] -> compute[B, D].
at::Tensor Model::extend(const at::Tensor& tokens, Kept& kept) const {
  kept.positions += 1;
  const std::int64_t before = kept.length++;
  Pass pass;
  pass.embeddings = embed_rows(tokens);
  pass.positions = here(kept.positions);
  pass.attention = [&](std::size_t layer, const at::Tensor& qkv) {
    const at::Tensor& all = kept.keys_values[layer];
    all.select(1, before).copy_(keys_values_of(qkv));
    const std::int64_t window = config_.window_of(static_cast<std::int64_t>(layer));
    const at::Tensor queries = qkv.narrow(1, 0, config_.query_width()).unsqueeze(1);
    if (kept.allowed.defined()) {
      at::Tensor allowed = kept.allowed.narrow(1, 0, kept.length);
      if (window > 0) {
        const at::Tensor places = kept.places.narrow(1, 0, kept.length);
        allowed = allowed.logical_and(places.gt(places.select(1, before).unsqueeze(1) - window));
      }
      return attend_masked(queries, all.narrow(1, 0, kept.length), allowed.unsqueeze(1), shape_).squeeze(1);
    }
    const std::int64_t seen = window > 0 ? std::min(window, kept.length) : kept.length;
    const at::Tensor last = all.narrow(1, kept.length - seen, seen);
    if (qkv.is_cpu()) return attend_row(qkv, last[0], seen, shape_);
    return attend_masked(queries, last, {}, shape_).squeeze(1);
  };
  return run(pass);
}

Model::Generated Model::generate(const Batch& prompt, const Sampling& sampling) const {
  const at::NoGradGuard no_grad;
  check_batch(prompt, sampling.max_tokens);
  expect_vectors(prompt);
  const std::int64_t count = prompt.ids.size(0);
  Generated result{at::zeros({count, sampling.max_tokens}, at::kInt), at::zeros({count}, at::kInt)};
  if (sampling.max_tokens < 1 || count == 0) return result;
  at::Generator generator = at::detail::createCPUGenerator(sampling.seed);
  Kept kept;
  at::Tensor hidden = fill(prompt, sampling.max_tokens, kept);
  auto* lengths = result.lengths.mutable_data_ptr<std::int32_t>();
  std::vector<bool> ended(static_cast<std::size_t>(count), false);
  for (std::int64_t step = 0; step < sampling.max_tokens; ++step) {
    const at::Tensor tokens = choose(hidden, sampling, generator);
    for (std::int64_t row = 0; row < count; ++row) {
      const std::int64_t token = tokens[row].item<std::int64_t>();
      const auto& ends = config_.end_tokens;
      const auto at = static_cast<std::size_t>(row);
      ended[at] = ended[at] || std::find(ends.begin(), ends.end(), token) != ends.end();
      if (ended[at]) continue;
      result.tokens[row][step] = token;
      ++lengths[row];
    }
    if (step + 1 == sampling.max_tokens ||
        std::all_of(ended.begin(), ended.end(), [](bool end) { return end; })) {
      break;
    }
    hidden = extend(tokens, kept);
  }
  result.tokens = result.tokens.narrow(1, 0, result.lengths.max().item<std::int64_t>()).contiguous();
  return result;
}

}  // namespace gistmill::decoder
