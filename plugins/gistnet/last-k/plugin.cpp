// gistnet/last-k: the span's last k tokens at their own places, or nothing with k = 0. A baseline.
#include <gistmill/gist.hpp>
#include <gistmill/torch.hpp>

#include <string>
#include <tuple>

namespace {

class LastK : public gistmill::torch::Component {
 public:
  explicit LastK(const gistmill::Options& options) : k_(options.integer("k")) {}

  void start(const gistmill::Start& start) const { check(start.symbol("S")); }

  // embeddings [K, S, D] -> gist [K, k, D], offsets [K, k]
  std::tuple<at::Tensor, at::Tensor> compress(const at::Tensor& embeddings) const {
    const std::int64_t span = embeddings.size(1);
    check(span);
    const auto places = at::arange(span - k_, span, at::kInt);
    return {embeddings.narrow(1, span - k_, k_), places.expand({embeddings.size(0), -1}).contiguous()};
  }

 private:
  void check(std::int64_t span) const {
    if (k_ <= span) return;
    throw gistmill::Error(
        GM_ERROR_USER, "k is " + std::to_string(k_) + " when a span has " + std::to_string(span) + " tokens",
        "k");
  }

  std::int64_t k_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<LastK>("gistnet/last-k").operation("compress", &LastK::compress));
