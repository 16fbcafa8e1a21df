// A loss that penalizes neighboring spans whose gists point the same way. One file, one manifest: copy this
// folder, rename, and change both.
#include <gistmill/torch.hpp>

namespace {

class Contrastive : public gistmill::torch::Component {
 public:
  explicit Contrastive(const gistmill::Options& options) : margin_(options.number("margin")) {}

  // gist: [K, G, D], one row per span, in document order. One span has no neighbor and costs nothing.
  at::Tensor value(const at::Tensor& gist) const {
    const at::Tensor rows = gist.flatten(1);  // [K, G * D]
    if (rows.size(0) < 2) return rows.sum() * 0;
    const at::Tensor distance = 1 - at::cosine_similarity(rows.slice(0, 0, -1), rows.slice(0, 1));
    return (margin_ - distance).clamp_min(0).mean();
  }

 private:
  double margin_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Contrastive>("loss/contrastive").operation("value", &Contrastive::value));
