// Keeping a gist's keys and values, and whole batches behind them, without gradient.
#include "plugins/teacher/decoder/gist_cache.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <gistmill/formats/digest.hpp>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/model.hpp"

namespace gistmill::decoder {
namespace {

std::string digest_of(std::initializer_list<at::Tensor> tensors) {
  formats::Sha256 sha;
  for (const at::Tensor& each : tensors) {
    const at::Tensor plain = each.detach().cpu().contiguous();
    sha.update_field({static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()});
  }
  return sha.hex();
}

}  // namespace

at::Tensor GistCache::next() const { return positions.select(1, gists() - 1) + 1; }

std::uint64_t GistCache::bytes() const {
  std::uint64_t sum = 0;
  for (const at::Tensor& layer : keys_values) sum += layer.nbytes();
  return sum;
}

void Model::check_cache(const GistCache& cache, std::int64_t count) const {
  const auto refuse = [](const std::string& message) { throw Error(GM_ERROR_USER, message, "cache"); };
  if (cache.texts() != count && cache.texts() != 1) {
    refuse("the gist cache is of " + std::to_string(cache.texts()) + " texts when the batch has " +
           std::to_string(count) + "; it should have as many, or one for all");
  }
  const bool same = static_cast<std::int64_t>(cache.keys_values.size()) == config_.layers &&
                    cache.keys_values.front().size(2) == 2 * config_.key_width() &&
                    cache.keys_values.front().scalar_type() == dtype_;
  if (!same) refuse("the gist cache is of another model, or of another type of numbers");
}

// The layer's entries for each of `count` texts, compute[B, G, 2 J E].
at::Tensor Model::cached(const Batch& batch, std::size_t layer) const {
  return batch.cache->keys_values[layer].expand({batch.ids.size(0), -1, -1});
}

// What rows see: all of the cache, and their own as the mask says; bool[B, T, G + T].
Model::Allowed Model::allowed_behind_cache(const Batch& batch) const {
  Allowed allowed = allowed_in(batch);
  if (batch.cache == nullptr) return allowed;
  const std::int64_t count = batch.ids.size(0);
  const std::int64_t length = batch.ids.size(1);
  at::Tensor seen = at::ones({count, length, batch.cache->gists()}, at::kBool);
  allowed.all = at::cat({here(seen), allowed.all}, 2);
  const at::Tensor positions = positions_of(batch).unsqueeze(2);
  if (window_hides(positions.max().item<std::int64_t>())) {
    seen = batch.cache->positions.unsqueeze(1).expand(seen.sizes()).gt(positions - config_.window);
    allowed.windowed = at::cat({here(seen), here(allowed_of(batch, config_.window))}, 2);
  } else {
    allowed.windowed = allowed.all;
  }
  return allowed;
}

// Rows of the packed batch, one segment a text behind its entries of the cache.
at::Tensor Model::read_packed(const Batch& batch, const std::vector<PackedText>& texts,
                              std::vector<at::Tensor>* keys_values) const {
  const std::int64_t gists = batch.cache == nullptr ? 0 : batch.cache->gists();
  const std::int64_t length = batch.ids.size(1);
  const at::Tensor positions = positions_of(batch).to(at::kLong).flatten();
  PackedRows packed = rows_from(texts, std::vector<Cut>(texts.size()), length);
  std::vector<at::Tensor> prefix;
  if (gists > 0) {
    for (Segment& segment : packed.segments) {
      segment.prefix_begin = packed.rows[static_cast<std::size_t>(segment.row)] / length * gists;
      segment.prefix = segment.prefix_begin + gists;
    }
    for (std::size_t layer = 0; layer < weights_.layers.size(); ++layer)
      prefix.push_back(cached(batch, layer).flatten(0, 1).contiguous());
  }
  std::vector<at::Tensor> own;
  const at::Tensor hidden = run_packed(packed, embed_batch(batch, {}), positions, prefix,
                                       keys_values != nullptr ? &own : nullptr, {});
  const at::Tensor rows = at::tensor(packed.rows, at::kLong);
  const auto spread = [&](const at::Tensor& values) {
    return at::zeros({positions.size(0), values.size(1)}, values.options())
        .index_copy_(0, rows, values)
        .view({batch.ids.size(0), length, values.size(1)});
  };
  for (const at::Tensor& values : own) keys_values->push_back(spread(values));
  return spread(hidden);
}

at::Tensor Model::read_batch(const Batch& batch, std::vector<at::Tensor>* keys_values) const {
  const at::NoGradGuard no_grad;
  const auto texts = packed(batch);
  const auto sees_all = [](const PackedText& text) {
    return std::all_of(text.first_key.begin(), text.first_key.end(), [](auto first) { return first == 0; });
  };
  // A row that sees the cache, but not all before it, sees no unbroken run.
  if (texts && (batch.cache == nullptr || std::all_of(texts->begin(), texts->end(), sees_all)))
    return read_packed(batch, *texts, keys_values);
  const std::int64_t count = batch.ids.size(0);
  const std::int64_t length = batch.ids.size(1);
  const Allowed allowed = allowed_behind_cache(batch);
  Pass pass;
  pass.embeddings = embed_batch(batch, {});
  pass.positions = here(positions_of(batch).to(at::kLong).flatten().contiguous());
  pass.attention = [&](std::size_t layer, const at::Tensor& qkv) {
    const bool windowed = config_.window_of(static_cast<std::int64_t>(layer)) > 0;
    const at::Tensor queries = qkv.view({count, length, qkv.size(1)}).narrow(2, 0, config_.query_width());
    const at::Tensor own = keys_values_of(qkv).view({count, length, -1});
    if (keys_values != nullptr) keys_values->push_back(own);
    const at::Tensor keys = batch.cache == nullptr ? own : at::cat({cached(batch, layer), own}, 1);
    return attend_masked(queries, keys, windowed ? allowed.windowed : allowed.all, shape_)
        .reshape({count * length, config_.query_width()});
  };
  return run(pass).view({count, length, config_.width});
}

GistCache Model::gist_cache(const Batch& batch) const {
  check_batch(batch, 0);
  if (batch.cache != nullptr) throw Error(GM_ERROR_USER, "a gist cache cannot continue another one", "cache");
  const at::Tensor places = batch.gist_places.cpu().to(at::kLong);
  if (places.numel() == 0 || (places < 0).any().item<bool>()) {
    throw Error(GM_ERROR_USER, "a text has no gist, so that nothing of it would be kept", "gist_places");
  }
  Batch prompt = batch;  // what follows the gist changes nothing of it
  const std::int64_t length = places.max().item<std::int64_t>() + 1;
  prompt.ids = batch.ids.narrow(1, 0, length);
  if (batch.mask.defined()) prompt.mask = batch.mask.narrow(1, 0, length).narrow(2, 0, length);
  if (batch.positions.defined()) prompt.positions = batch.positions.narrow(1, 0, length);
  if (batch.embeddings.defined()) prompt.embeddings = batch.embeddings.narrow(1, 0, length);
  std::vector<at::Tensor> all;
  read_batch(prompt, &all);
  GistCache cache;
  const at::Tensor positions = positions_of(prompt).to(at::kLong);
  cache.positions = positions.gather(1, places);
  const at::Tensor index = here(places).unsqueeze(2);
  for (const at::Tensor& layer : all)
    cache.keys_values.push_back(layer.gather(1, index.expand({-1, -1, layer.size(2)})));
  cache.origin.gist = batch.gist.defined() ? digest_of({batch.gist.to(at::kFloat)}) : "none";
  cache.origin.prompt = digest_of({prompt.ids.to(at::kLong), positions, places});
  return cache;
}

}  // namespace gistmill::decoder
