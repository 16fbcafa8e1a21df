// metric/example: the length of each span's gist. One number per item; the host makes the figure of them.
#include <gistmill/torch.hpp>

namespace {

class Example : public gistmill::torch::Component {
 public:
  explicit Example(const gistmill::Options&) {}

  // gist f32[K, G, D] -> length f32[K]; NaN would say that an item has no value
  at::Tensor measure(const at::Tensor& gist) const { return gist.flatten(1).norm(2, {1}); }
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("metric/example").operation("measure", &Example::measure));
