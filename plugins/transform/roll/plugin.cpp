// transform/roll: swaps gists between the spans of a document, to measure the binding gap.
#include <gistmill/torch.hpp>

#include <string>

namespace {

class Roll : public gistmill::torch::Component {
 public:
  explicit Roll(const gistmill::Options& options) : shift_(options.integer("shift")) {}

  // gist [K, G, D] -> gist [K, G, D]
  at::Tensor apply(const at::Tensor& gist) const {
    if (shift_ == 0) return gist;
    const std::int64_t spans = gist.size(0);
    if (spans > 0 && shift_ % spans == 0) {
      throw gistmill::Error(GM_ERROR_USER,
                            "shift " + std::to_string(shift_) + " gives each of " + std::to_string(spans) +
                                " spans its own gist; it should not be a multiple of the spans per document",
                            "shift");
    }
    return at::roll(gist, shift_, 0);
  }

 private:
  std::int64_t shift_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Roll>("transform/roll").operation("apply", &Roll::apply));
