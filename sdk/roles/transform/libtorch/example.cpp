// transform/example: noise on gists. Random numbers come from the call's key alone: same key, same numbers.
#include <gistmill/random.hpp>
#include <gistmill/torch.hpp>

#include <cmath>

namespace {

class Example : public gistmill::torch::Component {
 public:
  explicit Example(const gistmill::Options& options) : deviation_(options.number("deviation")) {}

  // gist f32[K, G, D] -> gist f32[K, G, D]
  at::Tensor apply(const gistmill::Call& call, const at::Tensor& gist) const {
    if (deviation_ == 0) return gist;
    gistmill::KeyedRandom random(call.random_key());
    const at::Tensor noise = at::empty(gist.sizes(), at::kFloat);
    float* const numbers = noise.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < noise.numel(); ++i) {  // Box and Muller's normal numbers
      const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
      numbers[i] = static_cast<float>(deviation_ * radius * std::cos(2 * 3.141592653589793 * random.unit()));
    }
    return gist + noise.to(gist.options());
  }

 private:
  double deviation_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("transform/example").operation("apply", &Example::apply));
