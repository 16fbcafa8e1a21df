// A loss that penalizes neighboring spans whose gists point the same way. One file, one manifest: copy this
// folder, rename, and change both.
#include <gistmill/torch.hpp>

#include <tuple>

namespace {

class Contrastive : public gistmill::torch::Component {
 public:
  explicit Contrastive(const gistmill::Options& options) : margin_(options.number("margin")) {}

  // gist: [K, G, D], one row per span, in document order. One span has no neighbor and costs nothing.
  std::tuple<at::Tensor, at::Tensor> value(const at::Tensor& gist) const {
    const at::Tensor rows = gist.flatten(1);  // [K, G * D]
    if (rows.size(0) < 2) return {rows.sum() * 0, at::zeros({}, rows.options())};
    const at::Tensor similarity = at::cosine_similarity(rows.slice(0, 0, -1), rows.slice(0, 1));
    const at::Tensor distance = 1 - similarity;
    return {(margin_ - distance).clamp_min(0).mean(), similarity.detach().std(/*unbiased=*/false)};
  }

 private:
  double margin_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Contrastive>("loss/contrastive").operation("value", &Contrastive::value));
