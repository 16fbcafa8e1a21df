// See training_step.hpp.
#include "host/run/training_step.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/instance/call_watch.hpp"
#include "host/machine/memory.hpp"

namespace gistmill {

TrainingStep::TrainingStep(Session& session, Ranks& ranks, Profile* profile,
                           const volatile std::int32_t* cancel)
    : session_(session),
      ranks_(ranks),
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
  figures.work.seconds = figures.own_work.seconds = seconds_since(began_);
  return figures;
}

void TrainingStep::compute_gradients(std::int64_t step, Figures& figures) {
  for (at::Tensor& gradient : gradients_) gradient.zero_();
  const std::vector<MicroStep> own = take_micro_steps(step, figures);
  for (const MicroStep& each : own) figures.own_work += each.work;
  const std::size_t parts = pipeline_.pipeline().minimize.size();
  std::vector<std::vector<MicroStep>> of_ranks;
  for (const std::vector<double>& numbers : ranks_.gather_numbers(to_numbers(own, parts)))
    of_ranks.push_back(micro_steps_from(numbers, parts));
  add_up(in_order(of_ranks), figures);
  if (figures.ended || !figures.not_finite.empty()) return;
  if (!ranks_.alone()) sum_gradients();
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
  figures.work.seconds = figures.own_work.seconds = seconds_since(began_);
}

StepContext TrainingStep::context_of(std::int64_t step, std::int64_t micro_step) const {
  StepContext context;
  context.seed = static_cast<std::uint64_t>(session_.recipe().run.seed);
  context.step = static_cast<std::uint64_t>(step);
  context.micro_step = static_cast<std::uint64_t>(micro_step);
  context.parameter_generation = parameter_generation_;
  context.train = true;
  context.cancel = cancel_;
  return context;
}

// A step takes all of its batches from the data, whatever it comes to: so do its later ones on every rank.
std::vector<MicroStep> TrainingStep::take_micro_steps(std::int64_t step, Figures& figures) {
  std::vector<MicroStep> own;
  bool ended = false;
  bool finite = true;
  for (std::int64_t micro = 0; micro < session_.recipe().run.micro_steps; ++micro) {
    const StepContext context = context_of(step, micro);
    const bool is_own = micro % ranks_.size() == ranks_.rank();
    if (is_own && finite && !ended) {
      own.push_back(take_micro_step(context, figures));
      ended = own.back().ended;
      finite = is_finite(own.back(), pipeline_.pipeline().minimize);
      continue;
    }
    if (!ended) {
      ended = !pipeline_.advance(context);
      if (profile_ != nullptr && !ended) profile_->add_calls(pipeline_);
    }
    if (is_own) own.emplace_back().ended = ended;
  }
  return own;
}

MicroStep TrainingStep::take_micro_step(const StepContext& context, Figures& figures) {
  MicroStep taken;
  const std::uint64_t heap = watches_heap_ ? heap_bytes() : 0;
  taken.ended = !pipeline_.forward(context);
  if (taken.ended) return taken;
  if (watches_heap_) {
    const std::uint64_t now = heap_bytes();
    figures.kept_bytes = std::max(figures.kept_bytes, now > heap ? now - heap : 0);
  }
  taken.losses = pipeline_.minimized();
  if (!is_finite(taken, pipeline_.pipeline().minimize)) return taken;
  const RunSettings& run = session_.recipe().run;
  pipeline_.backward(context, 1.0 / static_cast<double>(run.micro_steps));
  if (profile_ != nullptr) profile_->add_calls(pipeline_);
  taken.work = pipeline_.last_work();
  for (const at::Tensor& items : pipeline_.tensors(run.items)) {
    if (items.defined() && items.dim() > 0) taken.items += items.size(0);
  }
  return taken;
}

// `micro_steps`: of all ranks, up to the first one that cannot be counted.
void TrainingStep::add_up(const std::vector<MicroStep>& micro_steps, Figures& figures) const {
  const auto count = static_cast<double>(session_.recipe().run.micro_steps);
  const std::vector<PlannedLoss>& parts = pipeline_.pipeline().minimize;
  figures.losses.resize(parts.size(), 0.0);
  for (const MicroStep& each : micro_steps) {
    figures.ended = each.ended;
    if (figures.ended || !figures.not_finite.empty()) return;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      figures.losses[i] += each.losses[i] / count;
      if (parts[i].weight == 0.0) continue;  // only logged
      figures.loss += parts[i].weight * each.losses[i] / count;
      if (std::isfinite(each.losses[i]) || !figures.not_finite.empty()) continue;
      figures.not_finite = parts.size() == 1 ? "loss" : fmt::format("part '{}' of the loss", parts[i].slot);
      figures.found = each.losses[i];
    }
    figures.items += each.items;
    figures.work += each.work;
  }
}

// One message for all gradients of the step.
void TrainingStep::sum_gradients() {
  const ProfileScope scope(profile_, "gradients of all ranks");
  if (gradients_.empty()) return;
  if (!flat_.defined()) {
    std::int64_t count = 0;
    for (const at::Tensor& gradient : gradients_) count += gradient.numel();
    flat_ = at::empty({count}, at::kFloat);
    std::int64_t begin = 0;
    for (const at::Tensor& gradient : gradients_) {
      flat_places_.push_back(flat_.narrow(0, begin, gradient.numel()).view(gradient.sizes()));
      begin += gradient.numel();
    }
  }
  for (std::size_t i = 0; i < gradients_.size(); ++i) flat_places_[i].copy_(gradients_[i]);
  ranks_.sum(flat_.data_ptr<float>(), static_cast<std::size_t>(flat_.numel()));
  for (std::size_t i = 0; i < gradients_.size(); ++i) gradients_[i].copy_(flat_places_[i]);
}

double TrainingStep::clip_gradients() {
  const ProfileScope scope(profile_, "clipping");
  if (gradients_.empty()) return 0;
  // One number crosses from the device, not one for each parameter.
  const at::Tensor norms = at::stack(at::_foreach_norm(gradients_)).to(at::kDouble);
  // Its last bits depend on how many threads add up: all ranks clip by rank 0's.
  const double norm = ranks_.of_first(norms.square().sum().sqrt().item<double>());
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
