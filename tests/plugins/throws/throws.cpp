// A plugin with a defect: it throws from its operation. The host must name it and end cleanly.
#include <gistmill/plugin.hpp>

#include <stdexcept>
#include <vector>

namespace {

class Throws {
 public:
  gistmill::Tensor apply(const gistmill::Tensor&) const { throw std::runtime_error("thrown on purpose"); }
  std::vector<gistmill::Tensor> apply_vjp(const gistmill::Call&, const std::vector<gistmill::Tensor>&,
                                          const std::vector<gistmill::Tensor>&) {
    return {gistmill::Tensor()};
  }
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<Throws>("test/throws").operation("apply", &Throws::apply, &Throws::apply_vjp));
