// transform/roll and transform/roll-predictions: swap gists between the spans of a document, to measure the
// binding gap, or what was predicted of them.
#include <gistmill/torch.hpp>

#include <string>

namespace {

class Roll : public gistmill::torch::Component {
 public:
  explicit Roll(const gistmill::Options& options) : shift_(options.integer("shift")) {}

  // of_span [K, ..] -> [K, ..]
  at::Tensor apply(const at::Tensor& of_span) const {
    if (shift_ == 0) return of_span;
    const std::int64_t spans = of_span.size(0);
    if (spans > 0 && shift_ % spans == 0) {
      throw gistmill::Error(GM_ERROR_USER,
                            "shift " + std::to_string(shift_) + " gives each of " + std::to_string(spans) +
                                " spans its own; it should not be a multiple of the spans per document",
                            "shift");
    }
    return at::roll(of_span, shift_, 0);
  }

 private:
  std::int64_t shift_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Roll>("transform/roll").operation("apply", &Roll::apply),
                gistmill::component<Roll>("transform/roll-predictions").operation("apply", &Roll::apply));
