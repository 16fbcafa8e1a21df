// y = tanh(a x) on LibTorch, which changes LibTorch's state where option `fault` says so. For tests of
// certify.
#include <ATen/Parallel.h>
#include <c10/core/DefaultDtype.h>
#include <gistmill/torch.hpp>

#include <string>

namespace {

class Certified : public gistmill::torch::Component {
 public:
  explicit Certified(const gistmill::Options& options) : fault_(options.string("fault")) {}

  void start(const gistmill::Start& start) {
    a_ = parameter("a", at::ones({start.symbol("N")}) * 0.7);
    // Not in apply, after which the SDK puts it back.
    if (fault_ == "grad-mode") at::GradMode::set_enabled(!at::GradMode::is_enabled());
  }

  std::tuple<at::Tensor> apply(const gistmill::Call&, const at::Tensor& x) {
    if (fault_ == "seed") at::manual_seed(7);
    if (fault_ == "draw") at::rand({3});
    if (fault_ == "threads") at::set_num_threads(at::get_num_threads() + 1);
    if (fault_ == "default-dtype") c10::set_default_dtype(caffe2::TypeMeta::Make<double>());
    if (fault_ == "deterministic") at::globalContext().setDeterministicAlgorithms(true, true);
    if (fault_ == "throw-c10") TORCH_CHECK(false, "from the depths");
    if (fault_ == "detached") return {(a_ * x.detach()).tanh()};
    if (fault_ == "in-place") return {x.mul_(a_.detach()).tanh()};
    return {(a_ * x).tanh()};
  }

 private:
  std::string fault_;
  at::Tensor a_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Certified>("test/certified-torch").operation("apply", &Certified::apply));
