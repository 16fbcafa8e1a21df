// optimizer/adamw: ATen's fused AdamW over everything that trains. Moments and the count of updates are
// buffers, so they travel with the checkpoint. Learning rate, schedule, clipping and guards are the host's.
#include <ATen/ops/_fused_adamw.h>
#include <gistmill/torch.hpp>

#include <map>
#include <string>
#include <utility>
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
      moments_.push_back({buffer(one.name + ".first_moment", at::zeros_like(one.parameter)),
                          buffer(one.name + ".second_moment", at::zeros_like(one.parameter))});
    }
    bound_ = std::move(bound);
  }

  // The bias correction counts the updates that these moments saw, not the run's steps: a stage that goes on
  // with fresh moments at step 1000 would otherwise start with updates several times too large.
  void step(std::uint64_t /*step*/, const std::vector<double>& learning_rates) {
    const at::NoGradGuard no_grad;
    if (!same_groups(learning_rates)) make_groups(learning_rates);
    updates_.add_(1);
    for (const Group& group : groups_) apply(group, learning_rates[group.members.front()]);
  }

 private:
  struct Moments {
    at::Tensor first;
    at::Tensor second;
  };

  // Parameters of one rate and one decay: one call of ATen updates them all.
  struct Group {
    double weight_decay = 0;
    std::vector<std::size_t> members;  // in the order of bind
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> gradients;
    std::vector<at::Tensor> first;  // moments, shaped as the parameters
    std::vector<at::Tensor> second;
    std::vector<at::Tensor> updates;  // the one count, once a parameter, as ATen wants it
  };

  // Rates change from step to step, and all together: groups stay while those that shared one still do.
  bool same_groups(const std::vector<double>& rates) const {
    if (groups_.empty()) return false;
    for (const Group& group : groups_) {
      for (const std::size_t member : group.members) {
        if (rates[member] != rates[group.members.front()]) return false;
      }
    }
    return true;
  }

  // First those with decay, then those without.
  void make_groups(const std::vector<double>& rates) {
    std::map<std::pair<bool, double>, Group> groups;
    for (std::size_t i = 0; i < bound_.size(); ++i) {
      const bool without_decay = (bound_[i].flags & GM_PARAM_NO_DECAY) != 0;
      Group& group = groups[{without_decay, rates[i]}];
      group.weight_decay = without_decay ? 0 : weight_decay_;
      group.members.push_back(i);
      group.parameters.push_back(bound_[i].parameter);
      group.gradients.push_back(bound_[i].gradient);
      group.first.push_back(moments_[i].first);
      group.second.push_back(moments_[i].second);
      group.updates.push_back(updates_);
    }
    groups_.clear();
    for (auto& [key, group] : groups) groups_.push_back(std::move(group));
  }

  void apply(const Group& group, double learning_rate) const {
    at::_fused_adamw_(group.parameters, group.gradients, group.first, group.second, /*max_exp_avg_sqs=*/{},
                      group.updates, learning_rate, first_beta_, second_beta_, group.weight_decay, eps_,
                      /*amsgrad=*/false, /*maximize=*/false);
  }

  double first_beta_ = 0.9;
  double second_beta_ = 0.999;
  double eps_;
  double weight_decay_;
  at::Tensor updates_;  // [], f32: exact up to 16 million
  std::vector<gistmill::torch::BoundParameter> bound_;
  std::vector<Moments> moments_;  // one a bound parameter
  std::vector<Group> groups_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<AdamW>("optimizer/adamw"));
