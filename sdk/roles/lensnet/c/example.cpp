// lensnet/example: scores by distance alone.
#include <gistmill/plugin.hpp>

#include <algorithm>

namespace {

using gistmill::Tensor;

class Example {
 public:
  explicit Example(const gistmill::Options& options)
      : distance_(static_cast<double>(options.integer("distance"))) {}

  // levels i32[N], starts i32[N], cursor i32[] -> scores f32[N]: 1 at the cursor, 0 at `distance`, at least
  // -1
  Tensor score(const Tensor& levels, const Tensor& starts, const Tensor& cursor) const {
    Tensor scores = Tensor::zeros<float>({levels.size()});
    for (std::int64_t i = 0; i < levels.size(); ++i) {
      const double away = cursor.data<std::int32_t>()[0] - starts.data<std::int32_t>()[i];
      scores.mutable_data<float>()[i] = static_cast<float>(std::clamp(1 - away / distance_, -1.0, 1.0));
    }
    return scores;
  }

 private:
  double distance_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("lensnet/example").operation("score", &Example::score));
