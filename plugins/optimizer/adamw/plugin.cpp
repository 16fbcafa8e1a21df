// optimizer/adamw: ATen's fused AdamW over everything that trains. Moments and the count of updates are
// buffers, so they travel with the checkpoint. Learning rate, schedule, clipping and guards are the host's.
#include <ATen/ops/_fused_adamw.h>
#include <gistmill/torch.hpp>

#include <string>
#include <vector>

namespace {

using gistmill::Error;

class AdamW : public gistmill::torch::Component {
 public:
  explicit AdamW(const gistmill::Options& options)
      : eps_(options.number("eps")), weight_decay_(options.number("weight_decay")) {
    const std::vector<double> betas = options.numbers("betas");
    const auto valid = [](double beta) { return beta >= 0 && beta < 1; };
    if (betas.size() != 2 || !valid(betas[0]) || !valid(betas[1])) {
      throw Error(GM_ERROR_USER, "betas should be two numbers from 0 to below 1, such as [0.9, 0.999]",
                  "betas");
    }
    first_beta_ = betas[0];
    second_beta_ = betas[1];
  }

  void bind(std::vector<gistmill::torch::BoundParameter> bound) {
    updates_ = buffer("updates", at::zeros({}));
    for (const gistmill::torch::BoundParameter& one : bound) {
      Group& group = (one.flags & GM_PARAM_NO_DECAY) != 0 ? without_decay_ : with_decay_;
      group.parameters.push_back(one.parameter);
      group.gradients.push_back(one.gradient);
      group.first.push_back(buffer(one.name + ".first_moment", at::zeros_like(one.parameter)));
      group.second.push_back(buffer(one.name + ".second_moment", at::zeros_like(one.parameter)));
      group.updates.push_back(updates_);
    }
  }

  // The bias correction counts the updates that these moments saw, not the run's steps: a stage that goes on
  // with fresh moments at step 1000 would otherwise start with updates several times too large.
  void step(std::uint64_t /*step*/, double learning_rate) {
    const at::NoGradGuard no_grad;
    updates_.add_(1);
    apply(with_decay_, learning_rate, weight_decay_);
    apply(without_decay_, learning_rate, 0);
  }

 private:
  struct Group {
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> gradients;
    std::vector<at::Tensor> first;  // moments, shaped as the parameters
    std::vector<at::Tensor> second;
    std::vector<at::Tensor> updates;  // the one count, once a parameter, as ATen wants it
  };

  void apply(const Group& group, double learning_rate, double weight_decay) const {
    if (group.parameters.empty()) return;
    at::_fused_adamw_(group.parameters, group.gradients, group.first, group.second, /*max_exp_avg_sqs=*/{},
                      group.updates, learning_rate, first_beta_, second_beta_, weight_decay, eps_,
                      /*amsgrad=*/false, /*maximize=*/false);
  }

  double first_beta_ = 0.9;
  double second_beta_ = 0.999;
  double eps_;
  double weight_decay_;
  at::Tensor updates_;  // [], f32: exact up to 16 million
  Group with_decay_;
  Group without_decay_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<AdamW>("optimizer/adamw"));
