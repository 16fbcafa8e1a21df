// One optimizer step after the other; see trainer.hpp.
#include "host/run/trainer.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cmath>

#include "host/diagnostic/failure.hpp"
#include "host/instance/machine.hpp"
#include "host/run/schedule.hpp"

namespace gistmill {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

Trainer::Trainer(Session& session, Events& events, Evaluator& evaluator, const StopSignal& stop,
                 const std::filesystem::path& run_folder, const std::string& stage,
                 const std::string& identity)
    : session_(session),
      events_(events),
      evaluator_(evaluator),
      stop_(stop),
      checkpoints_(run_folder, stage),
      run_folder_(run_folder),
      pipeline_(*session.plan().pipeline(session.plan().trained), session.instances(), session.cache()),
      trained_(session.trained()),
      stateful_(session.stateful(pipeline_.pipeline())),
      optimizer_(session.find(session.recipe().run.optimizer)) {
  pipeline_.keep_slot(session.recipe().run.items);
  info_.stage = stage;
  info_.identity = identity;
  for (const Instance* instance : trained_) info_.uses[instance->name()] = instance->planned().spec->name;
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
        fmt::format("{} ({}) is no optimizer", optimizer_->name(), optimizer_->planned().spec->name));
  }

  std::vector<gm_param_info> infos;
  std::vector<std::string> names;
  std::vector<gm_tensor*> parameters;
  std::vector<gm_tensor*> gradients;
  for (Instance* instance : trained_) {
    instance->bind_gradients();
    for (const Parameter& parameter : instance->parameters()) {
      if (!parameter.trainable()) continue;
      names.push_back(instance->name() + "." + parameter.name);
      infos.push_back({sizeof(gm_param_info), parameter.flags, nullptr});
      parameters.push_back(share_tensor(parameter.tensor, false));
      gradients.push_back(share_tensor(parameter.gradient, false));
      gradients_.push_back(parameter.gradient);
    }
  }
  std::vector<const gm_param_info*> pointers;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    infos[i].name = names[i].c_str();
    pointers.push_back(&infos[i]);
  }
  Instance::ErrorSink sink;
  const gm_status status =
      optimizer_extension_->bind(optimizer_->handle(), pointers.data(), parameters.data(), gradients.data(),
                                 static_cast<std::uint32_t>(infos.size()), sink.get());
  if (status != GM_OK) optimizer_->fail(status, sink, "giving parameters to");
  optimizer_->refresh_parameters();  // its moments exist from now on
}

void Trainer::resume() {
  const auto last = checkpoints_.latest([this](const std::string& why) { events_.message("warning", why); });
  if (!last) return;
  const auto& [path, info] = *last;
  if (info.identity != info_.identity) {
    throw Failure(
        ExitCode::recipe,
        fmt::format("{} is of another recipe than {}", path.string(), session_.recipe().path.string()),
        {"start over with --fresh, or name another folder with --folder"});
  }
  load_checkpoint(path, trained_, info.finished ? nullptr : optimizer_, stateful_);
  info_ = info;
  saved_step_ = info.step;
  ++parameter_generation_;
}

StageResult Trainer::run() {
  const std::int64_t steps = session_.plan().steps;
  StageResult result;
  result.parameters = trainable_numbers(trained_);
  const double earlier = info_.seconds;
  const auto began = Clock::now();
  for (std::int64_t step = info_.step + 1; step <= steps && !info_.finished; ++step) {
    const auto step_began = Clock::now();
    const double rate = learning_rate_at(session_.recipe().learning_rate, step, steps);
    const StepFigures figures = train_step(step, rate);
    info_.step = step;
    info_.items += figures.items;
    emit_step(step, figures, rate, seconds_since(step_began));
    evaluate(step);
    info_.seconds = earlier + seconds_since(began);
    const std::int64_t every = session_.recipe().checkpoints.every;
    if (step == steps) {
      save(step, true);
    } else if (stop_.requested()) {
      save(step, false);
      result.stopped = true;
      break;
    } else if ((every > 0 && step % every == 0) || info_.best_step == step) {
      save(step, false);
    }
  }
  result.steps = info_.step;
  result.items = info_.items;
  result.seconds = info_.seconds;
  return result;
}

void Trainer::load_best() {
  if (!info_.best_value || info_.best_step == info_.step) return;
  const std::filesystem::path path = checkpoints_.path_of(info_.best_step);
  if (!std::filesystem::exists(path / "checkpoint.json")) return;
  events_.message("info", fmt::format("using the best checkpoint, of step {}", info_.best_step));
  for (Instance* instance : trained_) load_parameters(path, instance->name(), *instance);
}

Trainer::StepFigures Trainer::train_step(std::int64_t step, double learning_rate) {
  StepFigures figures;
  if (session_.cache() != nullptr) cache_before_ = session_.cache()->counts();
  for (at::Tensor& gradient : gradients_) gradient.zero_();
  for (std::int64_t micro = 0; micro < session_.recipe().run.micro_steps; ++micro)
    accumulate(step, micro, figures);
  figures.gradient_norm = clip_gradients();
  if (!std::isfinite(figures.gradient_norm)) refuse_number("gradient norm", figures.gradient_norm, step);

  Instance::ErrorSink sink;
  const gm_status status = optimizer_extension_->step(optimizer_->handle(), static_cast<std::uint64_t>(step),
                                                      learning_rate, sink.get());
  if (status != GM_OK) optimizer_->fail(status, sink, "stepping");
  ++parameter_generation_;
  return figures;
}

void Trainer::accumulate(std::int64_t step, std::int64_t micro_step, StepFigures& figures) {
  const RunSettings& run = session_.recipe().run;
  StepContext context;
  context.seed = static_cast<std::uint64_t>(run.seed);
  context.step = static_cast<std::uint64_t>(step);
  context.micro_step = static_cast<std::uint64_t>(micro_step);
  context.parameter_generation = parameter_generation_;
  context.train = true;
  context.cancel = stop_.cancel();
  if (!pipeline_.forward(context)) {
    throw Failure(ExitCode::failed,
                  fmt::format("the data ended at step {} of {}", step, session_.plan().steps),
                  {"let the data set repeat, or lower run.steps"});
  }
  const double loss = pipeline_.minimized();
  if (!std::isfinite(loss)) refuse_number("loss", loss, step);
  pipeline_.backward(context, 1.0 / static_cast<double>(run.micro_steps));
  figures.loss += loss / static_cast<double>(run.micro_steps);
  if (const at::Tensor items = pipeline_.tensor(run.items); items.defined() && items.dim() > 0) {
    figures.items += items.size(0);
  }
}

double Trainer::clip_gradients() {
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

void Trainer::refuse_number(const std::string& what, double value, std::int64_t step) const {
  const std::string saved = saved_step_ < 0 ? "no checkpoint was written yet"
                                            : fmt::format("the last good checkpoint is {}",
                                                          checkpoints_.path_of(saved_step_).string());
  throw Failure(ExitCode::numerics,
                fmt::format("{} is {} at step {} of {}; parameters are those of step {}", what, value, step,
                            session_.plan().steps, step - 1),
                {saved, "a lower learning_rate.peak or run.clip often helps"});
}

void Trainer::emit_step(std::int64_t step, const StepFigures& figures, double learning_rate, double seconds) {
  nlohmann::json event = {{"stage", info_.stage},
                          {"step", step},
                          {"steps", session_.plan().steps},
                          {"loss", figures.loss},
                          {"learning_rate", learning_rate},
                          {"gradient_norm", figures.gradient_norm},
                          {"seconds", seconds},
                          {"items", figures.items},
                          {"items_per_second", static_cast<double>(figures.items) / std::fmax(seconds, 1e-9)},
                          {"peak_memory_bytes", peak_memory_bytes()}};
  if (session_.cache() != nullptr) {
    const CallCache::Counts now = session_.cache()->counts();
    event["cache_hits"] = now.hits - cache_before_.hits;
    event["cache_misses"] = now.misses - cache_before_.misses;
  }
  events_.emit("step", std::move(event));
}

// An evaluation that a stop interrupts is left out: saving comes first, and it changes no parameter.
void Trainer::evaluate(std::int64_t step) {
  try {
    evaluate_due(step);
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::interrupted || !stop_.requested()) throw;
  }
}

void Trainer::evaluate_due(std::int64_t step) {
  const std::vector<Evaluation>& evaluations = session_.recipe().evaluations;
  for (std::size_t i = 0; i < evaluations.size(); ++i) {
    if (evaluations[i].every == 0 || step % evaluations[i].every != 0) continue;
    const EvaluationTable table = evaluator_.run(i, stop_, info_.stage, step);
    if (evaluations[i].best.empty()) continue;
    const EvaluationEntry* chosen = nullptr;
    for (const EvaluationEntry& entry : table.entries) {
      if (entry.figure == evaluations[i].best && (chosen == nullptr || (entry.trained && !chosen->trained)))
        chosen = &entry;
    }
    if (chosen == nullptr) {
      throw Failure(
          ExitCode::recipe, evaluations[i].origin,
          fmt::format("evaluation '{}' has no figure '{}'", evaluations[i].name, evaluations[i].best),
          {fmt::format("its figures: {}", fmt::join(table.figures(), " "))});
    }
    if (info_.best_value && chosen->mean.value >= *info_.best_value) continue;
    info_.best_figure = chosen->figure;
    info_.best_value = chosen->mean.value;
    info_.best_step = step;
  }
}

void Trainer::save(std::int64_t step, bool finished) {
  info_.finished = finished;
  const std::filesystem::path path = checkpoints_.path_of(step);
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  save_checkpoint(path, info_, trained_, optimizer_, stateful_);
  saved_step_ = step;
  checkpoints_.prune(session_.recipe().checkpoints.keep, info_.best_step);
  events_.emit("checkpoint", {{"stage", info_.stage},
                              {"step", step},
                              {"path", std::filesystem::relative(path, run_folder_).string()},
                              {"best", info_.best_value.has_value() && info_.best_step == step}});
}

}  // namespace gistmill
