// What a host test needs to see of its calls, and what the checking proxy needs to find; see plugin.toml.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/DefaultDtype.h>
#include <torch/csrc/autograd/custom_function.h>

#include <gistmill/torch.hpp>
#include <string>
#include <utility>

namespace {

void say(const std::string& label, const char* what) { gistmill::log(GM_LOG_INFO, label + " " + what); }

// y = x; its vjp says that it came.
struct Pass : torch::autograd::Function<Pass> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const std::string& label) {
    context->saved_data["label"] = label;
    return x.clone();
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    say(context->saved_data["label"].toStringRef(), "goes back");
    return {gradients[0], at::Tensor()};
  }
};

class Witness : public gistmill::torch::Component {
 public:
  explicit Witness(const gistmill::Options& options) : label_(options.string("label")) {}

  void start(const gistmill::Start&) {
    buffer("b", at::zeros({1}));
    a_ = parameter("a", at::ones({1}));
  }

  at::Tensor apply(const gistmill::Call& call, const at::Tensor& x) const {
    say(label_, call.train() ? "is told of a vjp" : "is told of none");
    return Pass::apply(a_ * x, label_);
  }

 private:
  std::string label_;
  at::Tensor a_;
};

class Careless : public gistmill::torch::Component {
 public:
  explicit Careless(const gistmill::Options& options)
      : changes_(options.string("changes")), in_start_(options.string("at") == "start") {}

  void start(const gistmill::Start&) {
    if (in_start_) change();
  }

  at::Tensor apply(const at::Tensor& x) const {
    if (!in_start_) change();
    return x.clone();
  }

 private:
  void change() const {
    if (changes_ == "grad-mode") at::GradMode::set_enabled(false);
    if (changes_ == "dtype") c10::set_default_dtype(caffe2::TypeMeta::Make<double>());
    if (changes_ == "threads") at::set_num_threads(at::get_num_threads() + 1);
    if (changes_ == "generator") at::rand({4});
    if (changes_ == "determinism") at::globalContext().setDeterministicAlgorithms(true, false);
  }

  std::string changes_;
  bool in_start_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Witness>("test/witness").operation("apply", &Witness::apply),
                gistmill::component<Careless>("test/careless").operation("apply", &Careless::apply));
