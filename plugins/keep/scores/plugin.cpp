// keep/*: which entries of a span's keys and values stay in place of the span. Each component gives every
// entry a score and keeps the R highest of each layer and key head. The rungs of the ladder that trained
// gists are measured against.
#include <ATen/core/Generator.h>

#include <gistmill/random.hpp>
#include <gistmill/torch.hpp>

#include <string>
#include <tuple>

namespace {

using gistmill::Call;

// scores [.., S] -> the places of the `entries` highest, i32[.., R], ascending.
at::Tensor highest(const at::Tensor& scores, std::int64_t entries) {
  if (entries > scores.size(-1)) {
    throw gistmill::Error(GM_ERROR_USER,
                          "entries is " + std::to_string(entries) + " when a span has " +
                              std::to_string(scores.size(-1)) + " tokens",
                          "entries");
  }
  return std::get<0>(std::get<1>(scores.topk(entries, -1)).sort(-1)).to(at::kInt);
}

class None : public gistmill::torch::Component {
 public:
  explicit None(const gistmill::Options&) {}
  std::int64_t symbol(std::string_view name) const { return name == "R" ? 0 : -1; }

  // keys [L, K, S, J, E] -> [L, K, J, 0]
  at::Tensor choose(const at::Tensor& keys) const {
    return at::empty({keys.size(0), keys.size(1), keys.size(3), 0}, keys.options().dtype(at::kInt));
  }
};

class Scored : public gistmill::torch::Component {
 public:
  explicit Scored(const gistmill::Options& options) : entries_(options.integer("entries")) {}

 protected:
  at::Tensor kept(const at::Tensor& scores) const { return highest(scores, entries_); }

 private:
  std::int64_t entries_;
};

struct Random : Scored {
  using Scored::Scored;
  // keys [L, K, S, J, E]
  at::Tensor choose(const Call& call, const at::Tensor& keys) const {
    auto generator = gistmill::torch::generator(call.random_key(), at::kCPU);
    const at::Tensor scores = at::rand({keys.size(0), keys.size(1), keys.size(3), keys.size(2)}, generator);
    return kept(scores.to(keys.device()));
  }
};

struct KeyNorm : Scored {
  using Scored::Scored;
  // keys [L, K, S, J, E]
  at::Tensor choose(const at::Tensor& keys) const { return kept(-keys.norm(2, {4}).transpose(2, 3)); }
};

struct KeyDifference : Scored {
  using Scored::Scored;
  // keys [L, K, S, J, E], key_mean [L, K, J, E]
  at::Tensor choose(const at::Tensor& keys, const at::Tensor& key_mean) const {
    return kept(-at::cosine_similarity(keys, key_mean.unsqueeze(2), -1).transpose(2, 3));
  }
};

class Attention : public Scored {
 public:
  explicit Attention(const gistmill::Options& options)
      : Scored(options), window_(options.integer("window")) {}

  // attention [L, K, J, S, S], a row the token that attends
  at::Tensor choose(const at::Tensor& attention) const {
    const std::int64_t span = attention.size(4);
    const std::int64_t asked = std::min(window_, span);
    const at::Tensor sum = attention.narrow(3, span - asked, asked).sum(3);
    return kept(sum / (span - at::arange(span, sum.options())).clamp_max(asked));  // that see the entry
  }

 private:
  std::int64_t window_;
};

struct ExpectedAttention : Scored {
  using Scored::Scored;
  // expected_attention [L, K, J, S]
  at::Tensor choose(const at::Tensor& expected_attention) const { return kept(expected_attention); }
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<None>("keep/none").operation("choose", &None::choose),
    gistmill::component<Random>("keep/random").operation("choose", &Random::choose),
    gistmill::component<KeyNorm>("keep/key-norm").operation("choose", &KeyNorm::choose),
    gistmill::component<KeyDifference>("keep/key-difference").operation("choose", &KeyDifference::choose),
    gistmill::component<Attention>("keep/attention").operation("choose", &Attention::choose),
    gistmill::component<ExpectedAttention>("keep/expected-attention")
        .operation("choose", &ExpectedAttention::choose));
