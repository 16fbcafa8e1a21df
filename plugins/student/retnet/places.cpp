// Turns and decays of the tokens of one call; see retention.hpp. Computed in f64, then cast.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "plugins/student/retnet/retention.hpp"

namespace gistmill::retnet {
namespace {

// bool[B, n] -> f64[B, n]: tokens before each, itself not counted; -1 in front of the first.
at::Tensor counted_before(const at::Tensor& mask) { return mask.to(at::kDouble).cumsum(1) - 1.0; }

// place f64[B or 1, T] counted over all documents -> f64[B, T] counted in each; `start` f64[B or 1] is added
// to those of the first, which began earlier.
at::Tensor counted_in_documents(const at::Tensor& place, const at::Tensor& begins, const at::Tensor& start) {
  const at::Tensor counted = place.expand(begins.sizes());
  const at::Tensor at_begin = at::where(begins, counted, at::zeros({1}, place.options()));
  const at::Tensor first = begins.cumsum(1).eq(0);
  return counted - std::get<0>(at_begin.cummax(1)) + first * start.unsqueeze(1);
}

}  // namespace

Places::Places(const Config& config, std::int64_t length, const at::Tensor& mask, const at::Tensor& before,
               const at::TensorOptions& options, const at::Tensor& begins)
    : config_(config), length_(length), options_(options), mask_(mask), begins_(begins) {
  const at::TensorOptions exact = at::TensorOptions(options.device()).dtype(at::kDouble);
  log_decay_ = at::tensor(log_decays(config), at::kDouble).to(exact).view({1, config.heads, 1, 1});
  at::Tensor place = mask.defined() ? counted_before(mask) : at::arange(length, exact).unsqueeze(0);
  const at::Tensor start = before.defined() ? before.to(exact) : at::zeros({1}, exact);
  if (mask.defined() && begins.defined()) begins_ = begins.logical_and(mask);
  place = begins_.defined() ? counted_in_documents(place, begins_, start) : place + start.unsqueeze(1);
  after_ = (place.narrow(1, length - 1, 1).squeeze(1) + 1.0).to(at::kLong);
  place = place.clamp_min(0.0);  // [B or 1, T]

  const at::Tensor angle = at::tensor(angles(config), at::kDouble).to(exact);
  const at::Tensor turn = place.unsqueeze(2) * angle;  // [B or 1, T, K/2]
  const at::Tensor phase = at::polar(at::ones_like(turn), turn).unsqueeze(1);
  const auto complex = c10::toComplexType(c10::typeMetaToScalarType(options.dtype()));
  query_phase_ = phase.to(complex);
  key_phase_ = (phase / std::sqrt(static_cast<double>(config.key_size()))).to(complex);
  if (!mask.defined() && !begins.defined() && config.form != Form::kParallel) {
    const std::int64_t chunk = config.form == Form::kRecurrent ? 1 : std::min(config.chunk, length);
    for (const std::int64_t count : {chunk, length % chunk}) {
      if (count > 0) decays_.emplace(count, decay_of(at::arange(count, exact).unsqueeze(0)));
    }
  }
  if (!config.scale_decay) return;
  // The sum of 1, decay, .. decay^p is (1 - decay^(p+1)) / (1 - decay).
  const at::Tensor reach = place.unsqueeze(1).unsqueeze(3) + 1.0;  // [B or 1, 1, T, 1]
  row_scale_ = (at::expm1(log_decay_) / at::expm1(log_decay_ * reach)).sqrt().to(options);
}

at::Tensor Places::query_phase(std::int64_t first, std::int64_t count) const {
  return query_phase_.narrow(2, first, count);
}

at::Tensor Places::key_phase(std::int64_t first, std::int64_t count) const {
  return key_phase_.narrow(2, first, count);
}

at::Tensor Places::row_scale(std::int64_t first, std::int64_t count) const {
  return row_scale_.defined() ? row_scale_.narrow(2, first, count) : row_scale_;
}

ChunkDecay Places::decay(std::int64_t first, std::int64_t count) const {
  if (mask_.defined() || begins_.defined()) {
    const ChunkDecay decay = decay_of(mask_.defined() ? counted_before(mask_.narrow(1, first, count))
                                                      : at::arange(count, log_decay_.options()).unsqueeze(0));
    return begins_.defined() ? forgetting(decay, begins_.narrow(1, first, count)) : decay;
  }
  const auto found = decays_.find(count);
  if (found != decays_.end()) return found->second;
  return decay_of(at::arange(count, log_decay_.options()).unsqueeze(0));
}

// counted f64[B or 1, n]: tokens of the chunk before each.
ChunkDecay Places::decay_of(const at::Tensor& counted) const {
  const std::int64_t count = counted.size(1);
  const at::Tensor row = counted.unsqueeze(1).unsqueeze(3);  // [B or 1, 1, n, 1]
  const at::Tensor tokens = row.narrow(2, count - 1, 1) + 1.0;
  const at::Tensor distance = (row - row.transpose(2, 3)).clamp_min(0.0);
  const auto decayed = [&](const at::Tensor& steps) { return at::exp(log_decay_ * steps); };
  return {decayed(distance).tril().to(options_), decayed(row + 1.0).to(options_),
          decayed((tokens - 1.0 - row).clamp_min(0.0)).to(options_), decayed(tokens).to(options_)};
}

// Nothing goes from one document to another. begins bool[B, n].
ChunkDecay Places::forgetting(ChunkDecay decay, const at::Tensor& begins) const {
  const at::Tensor document = begins.cumsum(1).unsqueeze(1).unsqueeze(3);  // [B, 1, n, 1]; 0: from before
  const at::Tensor last = document.narrow(2, begins.size(1) - 1, 1);
  decay.inner = decay.inner * document.eq(document.transpose(2, 3));
  decay.query = decay.query * document.eq(0);
  decay.key = decay.key * document.eq(last);
  decay.whole = decay.whole * last.eq(0);
  return decay;
}

}  // namespace gistmill::retnet
