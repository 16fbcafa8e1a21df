// See training_step.hpp.
#include "host/run/training_step.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/diagnostic/failure.hpp"
#include "host/instance/call_watch.hpp"
#include "host/machine/memory.hpp"

namespace gistmill {

TrainingStep::TrainingStep(Session& session, Profile* profile, const volatile std::int32_t* cancel)
    : session_(session),
      profile_(profile),
      cancel_(cancel),
      pipeline_(*session.plan().pipeline(session.plan().trained), session.instances(), session.cache()),
      trained_(session.trained()),
      optimizer_(session.find(session.recipe().run.optimizer)) {
  if (optimizer_ == nullptr) {
    throw Failure(
        ExitCode::recipe, session.recipe().run.origin,
        fmt::format("no component '{}' to optimize with", session.recipe().run.optimizer),
        {"add [components] optimizer = { use = \"optimizer/adamw\" }, or name another in run.optimizer"});
  }
  optimizer_extension_ = optimizer_->extension<gm_optimizer_extension>(GM_OPTIMIZER_EXTENSION);
  if (optimizer_extension_ == nullptr) {
    throw Failure(
        ExitCode::recipe, optimizer_->planned().origin,
        fmt::format("{} ({}) is not an optimizer", optimizer_->name(), optimizer_->planned().spec->name));
  }
  optimizer_call_ = optimizer_->name() + ".step";
  pipeline_.keep_slot(session.recipe().run.items);
  bind_optimizer();
}

void TrainingStep::bind_optimizer() {
  std::vector<gm_param_info> infos;
  std::vector<std::string> names;
  std::vector<gm_tensor*> parameters;
  std::vector<gm_tensor*> gradients;
  for (TensorInstance* instance : trained_) {
    instance->bind_gradients();
    for (const Parameter& parameter : instance->parameters()) {
      if (!parameter.trainable()) continue;
      names.push_back(instance->name() + "." + parameter.name);
      infos.push_back({sizeof(gm_param_info), parameter.flags, nullptr});
      parameters.push_back(share_tensor(parameter.tensor, false));
      gradients.push_back(share_tensor(parameter.gradient, false));
      gradients_.push_back(parameter.gradient);
      // An update reads every gradient, and reads and writes every parameter.
      update_work_.bytes += 3.0 * static_cast<double>(parameter.tensor.nbytes());
    }
  }
  std::vector<const gm_param_info*> pointers;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    infos[i].name = names[i].c_str();
    pointers.push_back(&infos[i]);
  }
  TensorInstance::ErrorSink sink;
  const gm_status status =
      optimizer_extension_->bind(optimizer_->handle(), pointers.data(), parameters.data(), gradients.data(),
                                 static_cast<std::uint32_t>(infos.size()), sink.get());
  if (status != GM_OK) optimizer_->fail(status, sink, "giving parameters to");
  optimizer_->refresh_parameters();  // its moments exist from now on
  for (const Parameter& moment : optimizer_->parameters())
    update_work_.bytes += 2.0 * static_cast<double>(moment.tensor.nbytes());
}

std::uint64_t TrainingStep::optimizer_bytes() const {
  std::uint64_t total = 0;
  for (const at::Tensor& gradient : gradients_) total += gradient.nbytes();
  for (const Parameter& moment : optimizer_->parameters()) total += moment.tensor.nbytes();
  return total;
}

TrainingStep::Figures TrainingStep::run(std::int64_t step, const StepRates& rates) {
  Figures figures = compute(step);
  if (!figures.ended && figures.not_finite.empty()) update(step, rates, figures);
  return figures;
}

TrainingStep::Figures TrainingStep::compute(std::int64_t step) {
  began_ = WorkClock::now();
  if (profile_ != nullptr) profile_->begin_step(step);
  Figures figures;
  compute_gradients(step, figures);
  figures.work.seconds = std::chrono::duration<double>(WorkClock::now() - began_).count();
  return figures;
}

void TrainingStep::compute_gradients(std::int64_t step, Figures& figures) {
  for (at::Tensor& gradient : gradients_) gradient.zero_();
  for (std::int64_t micro = 0; micro < session_.recipe().run.micro_steps; ++micro) {
    accumulate(step, micro, figures);
    if (figures.ended || !figures.not_finite.empty()) return;
  }
  figures.gradient_norm = clip_gradients();
  if (!std::isfinite(figures.gradient_norm)) {
    figures.not_finite = "gradient norm";
    figures.found = figures.gradient_norm;
  }
}

void TrainingStep::leave_out() {
  if (profile_ != nullptr) profile_->end_step();
}

void TrainingStep::update(std::int64_t number, const StepRates& rates, Figures& figures) {
  step_optimizer(number, rates);
  if (profile_ != nullptr) profile_->end_step();
  figures.work.seconds = std::chrono::duration<double>(WorkClock::now() - began_).count();
}

void TrainingStep::accumulate(std::int64_t step, std::int64_t micro_step, Figures& figures) {
  const RunSettings& run = session_.recipe().run;
  StepContext context;
  context.seed = static_cast<std::uint64_t>(run.seed);
  context.step = static_cast<std::uint64_t>(step);
  context.micro_step = static_cast<std::uint64_t>(micro_step);
  context.parameter_generation = parameter_generation_;
  context.train = true;
  context.cancel = cancel_;
  const std::uint64_t heap = watches_heap_ ? heap_bytes() : 0;
  figures.ended = !pipeline_.forward(context);
  if (figures.ended) return;
  if (watches_heap_) {
    const std::uint64_t now = heap_bytes();
    figures.kept_bytes = std::max(figures.kept_bytes, now > heap ? now - heap : 0);
  }
  if (!add_losses(figures)) return;
  pipeline_.backward(context, 1.0 / static_cast<double>(run.micro_steps));
  if (profile_ != nullptr) profile_->add_calls(pipeline_);
  figures.work += pipeline_.last_work();
  for (const at::Tensor& items : pipeline_.tensors(run.items)) {
    if (items.defined() && items.dim() > 0) figures.items += items.size(0);
  }
}

bool TrainingStep::add_losses(Figures& figures) const {
  const auto micro_steps = static_cast<double>(session_.recipe().run.micro_steps);
  const std::vector<PlannedLoss>& parts = pipeline_.pipeline().minimize;
  const std::vector<double> losses = pipeline_.minimized();
  figures.losses.resize(parts.size(), 0.0);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    figures.losses[i] += losses[i] / micro_steps;
    if (parts[i].weight == 0.0) continue;  // only logged
    figures.loss += parts[i].weight * losses[i] / micro_steps;
    if (std::isfinite(losses[i]) || !figures.not_finite.empty()) continue;
    figures.not_finite = parts.size() == 1 ? "loss" : fmt::format("part '{}' of the loss", parts[i].slot);
    figures.found = losses[i];
  }
  return figures.not_finite.empty();
}

double TrainingStep::clip_gradients() {
  const ProfileScope scope(profile_, "clipping");
  if (gradients_.empty()) return 0;
  // One number crosses from the device, not one for each parameter.
  const at::Tensor norms = at::stack(at::_foreach_norm(gradients_)).to(at::kDouble);
  const auto norm = norms.square().sum().sqrt().item<double>();
  const double limit = session_.recipe().run.clip;
  if (limit > 0 && norm > limit && std::isfinite(norm)) {
    for (at::Tensor& gradient : gradients_) gradient.mul_(limit / norm);
  }
  return norm;
}

void TrainingStep::step_optimizer(std::int64_t number, const StepRates& rates) {
  ProfileScope scope(profile_, optimizer_->name());
  scope.work = update_work_;
  learning_rates_.clear();
  for (TensorInstance* instance : trained_) {
    const double rate = rates.of(instance->name());
    for (const Parameter& parameter : instance->parameters()) {
      if (parameter.trainable()) learning_rates_.push_back(rate);
    }
  }
  TensorInstance::ErrorSink sink;
  const gm_status status = watched(optimizer_call_, cancel_, [&] {
    return optimizer_extension_->step(optimizer_->handle(), static_cast<std::uint64_t>(number),
                                      learning_rates_.data(),
                                      static_cast<std::uint32_t>(learning_rates_.size()), sink.get());
  });
  if (status != GM_OK) optimizer_->fail(status, sink, "stepping");
  ++parameter_generation_;
}

}  // namespace gistmill
