// Continuing texts, a token at a time: the model's memory of what came before does not grow.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <vector>

#include "plugins/student/retnet/model.hpp"

namespace gistmill::retnet {
namespace {

// Of each row of logits [B, V]: the next token, i64[B].
at::Tensor choose(const at::Tensor& logits, const Model::Sampling& sampling, at::Generator& generator) {
  if (sampling.temperature <= 0.0) return logits.argmax(-1);
  const at::Tensor probabilities = at::softmax(logits / sampling.temperature, -1);
  if (sampling.top_p >= 1.0) return at::multinomial(probabilities, 1, false, generator).squeeze(1);
  const auto [sorted, places] = probabilities.sort(-1, true);
  const at::Tensor before = sorted.cumsum(-1) - sorted;  // probability of those ahead
  const at::Tensor kept = sorted * before.lt(sampling.top_p);
  return places.gather(1, at::multinomial(kept, 1, false, generator)).squeeze(1);
}

// Takes a row's tokens until its end token.
class GeneratedRows {
 public:
  GeneratedRows(std::int64_t count, const Model::Sampling& sampling, const std::vector<std::int64_t>& ends)
      : ends_(ends),
        ended_(static_cast<std::size_t>(count), false),
        tokens_(at::zeros({count, sampling.max_tokens}, at::kInt)),
        lengths_(at::zeros({count}, at::kInt)) {}

  // tokens i64[B]: of step `step`. -> whether any row goes on.
  bool take(const at::Tensor& tokens, std::int64_t step) {
    for (std::size_t row = 0; row < ended_.size(); ++row) {
      const auto at = static_cast<std::int64_t>(row);
      const std::int64_t token = tokens[at].item<std::int64_t>();
      if (std::find(ends_.begin(), ends_.end(), token) != ends_.end()) ended_[row] = true;
      if (ended_[row]) continue;
      tokens_[at][step] = token;
      lengths_[at] += 1;
    }
    return !std::all_of(ended_.begin(), ended_.end(), [](bool end) { return end; });
  }
  Model::Generated result() const {
    const std::int64_t longest = ended_.empty() ? 0 : lengths_.max().item<std::int64_t>();
    return {tokens_.narrow(1, 0, longest).contiguous(), lengths_};
  }

 private:
  const std::vector<std::int64_t>& ends_;
  std::vector<bool> ended_;
  at::Tensor tokens_;
  at::Tensor lengths_;
};

}  // namespace

Model::Generated Model::generate(const at::Tensor& ids, const at::Tensor& mask,
                                 const Sampling& sampling) const {
  const at::NoGradGuard no_grad;
  GeneratedRows rows(ids.size(0), sampling, config_.end_tokens);
  if (sampling.max_tokens < 1 || ids.size(0) == 0) return rows.result();
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(sampling.seed);
  State state;
  at::Tensor last = extend(ids, mask, state).select(1, ids.size(1) - 1);
  for (std::int64_t step = 0; step < sampling.max_tokens; ++step) {
    const at::Tensor next = choose(logits(last).cpu(), sampling, generator);
    if (!rows.take(next, step) || step + 1 == sampling.max_tokens) break;
    last = extend(next.unsqueeze(1), {}, state).select(1, 0);
  }
  return rows.result();
}

}  // namespace gistmill::retnet
