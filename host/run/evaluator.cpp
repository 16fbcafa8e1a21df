// Variants side by side on the same items; see evaluator.hpp.
#include "host/run/evaluator.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/figures/measured_items.hpp"
#include "host/figures/summary.hpp"
#include "host/figures/wording.hpp"
#include "host/run/item_keys.hpp"
#include "host/run/step/pipeline_run.hpp"

namespace gistmill {

namespace {

const PlannedOutput& output_at(const PlannedPipeline& pipeline, const SlotRef& place) {
  return pipeline.calls[place.call].outputs[place.output];
}

// The output that says which cluster each item is from; null: none.
const PlannedOutput* cluster_of(const PlannedEvaluation& evaluation) {
  if (evaluation.clusters.empty()) return nullptr;
  return &output_at(evaluation.variants.front().pipeline, evaluation.clusters.front());
}

// Which cluster each of the step's items is from: by a tensor of one number, or one an item. Without one
// every item is a cluster of its own.
void append_clusters(const at::Tensor& clusters, std::int64_t items, EvaluationRows::Variant& variant) {
  if (!clusters.defined()) {
    for (std::int64_t i = 0; i < items; ++i) variant.clusters.push_back(std::ssize(variant.clusters));
    return;
  }
  const at::Tensor flat = clusters.cpu().to(at::kLong).reshape({-1});
  if (flat.numel() != 1 && flat.numel() != items) {
    throw Failure(
        ExitCode::failed,
        fmt::format("{} clusters were given for {} items: there must be one per item, or one for all",
                    flat.numel(), items),
        {"this is a defect of the plugin whose manifest says cluster = true, or of the wiring"});
  }
  for (std::int64_t i = 0; i < items; ++i)
    variant.clusters.push_back(flat[flat.numel() == 1 ? 0 : i].item<std::int64_t>());
}

// Appends one step's items to the variant's rows, [figure][item], figures in the order of the plan's.
// `cluster`: the slot of that tensor; empty: none.
void append_figures(const PipelineRun& run, const std::string& cluster, EvaluationRows::Variant& variant) {
  std::size_t figure = 0;
  std::int64_t items = 0;
  for (std::size_t i = 0; i < run.pipeline().calls.size(); ++i) {
    const PlannedCall& call = run.pipeline().calls[i];
    for (const PlannedOutput& output : call.outputs) {
      if (!output.port->figure) continue;
      at::Tensor values = run.tensor(output.slot).cpu().to(at::kDouble).contiguous();
      if (values.dim() == 1) values = values.unsqueeze(1);
      const auto view = values.accessor<double, 2>();  // [items, columns]
      items = view.size(0);
      for (std::int64_t column = 0; column < view.size(1); ++column, ++figure) {
        if (variant.rows.size() <= figure) variant.rows.emplace_back();
        for (std::int64_t item = 0; item < items; ++item) variant.rows[figure].push_back(view[item][column]);
      }
    }
  }
  append_clusters(cluster.empty() ? at::Tensor() : run.tensor(cluster), items, variant);
}

// Ends an evaluation before a step that would not fit into its time.
class EvaluationTime {
 public:
  explicit EvaluationTime(double minutes) : seconds_(60 * minutes) {}

  // Asked before each step but the first. Steps take about as long as each other; the longest one so far
  // counts.
  bool fits_another() {
    const auto now = Clock::now();
    longest_ = std::max(longest_, std::chrono::duration<double>(now - last_).count());
    last_ = now;
    return seconds_ <= 0 || std::chrono::duration<double>(now - began_).count() + longest_ <= seconds_;
  }
  double seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  double seconds_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point last_ = began_;
  double longest_ = 0;
};

// The runs of all variants. What they share is run once a step.
class VariantRuns {
 public:
  // `cluster`: the slot that says which items belong together; empty: none. `keepers`: of the variants whose
  // examples are kept. `planned` and `keepers` outlive this.
  VariantRuns(const PlannedEvaluation& planned, const Session& session, std::string cluster,
              std::map<std::size_t, ExampleKeeper>& keepers)
      : planned_(planned), cluster_(std::move(cluster)), keys_(planned.variants.size()), keepers_(keepers) {
    for (const PlannedVariant& variant : planned.variants) {
      runs_.emplace_back(variant.pipeline, session.instances(), session.cache());
      if (!cluster_.empty()) runs_.back().keep_slot(cluster_);
      if (const auto keeper = keepers_.find(runs_.size() - 1); keeper != keepers_.end())
        keeper->second.keep_slots(runs_.back());
    }
  }

  // One step of every variant, its items' figures appended to `rows`. Answers false where a source has
  // nothing more. Throws Failure, ExitCode::interrupted where `stop` was asked for before a variant.
  bool step(const StepContext& context, const StopSignal& stop, EvaluationRows& rows) {
    std::vector<std::uint8_t> ready(planned_.shared.size(), 0);
    CallResults shared(planned_.shared.size());
    for (std::size_t v = 0; v < runs_.size(); ++v) {
      if (stop.requested())
        throw Failure(ExitCode::interrupted, fmt::format("{} was interrupted", planned_.name));
      if (!forward(runs_[v], context, ready, shared)) return false;
      append_figures(runs_[v], cluster_, rows.variants[v]);
      keys_[v].append(runs_[v], rows.variants[v]);
      check_figures(rows, rows.variants[v]);
      if (const auto keeper = keepers_.find(v); keeper != keepers_.end())
        keeper->second.append(runs_[v], rows.variants[v]);
      for (auto& values : runs_[v].results()) values.clear();
    }
    return true;
  }

 private:
  // Takes over what is ready, and adds what this variant was the first to run.
  bool forward(PipelineRun& run, const StepContext& context, std::vector<std::uint8_t>& ready,
               CallResults& shared) {
    for (std::size_t i = 0; i < ready.size(); ++i) {
      if (ready[i] != 0) run.results()[i] = shared[i];
    }
    if (!run.forward(context, ready)) return false;
    for (std::size_t i = 0; i < ready.size(); ++i) {
      if (planned_.shared[i] == 0 || ready[i] != 0 || !run.has_results(i)) continue;
      ready[i] = 1;
      shared[i] = run.results()[i];
    }
    return true;
  }

  void check_figures(const EvaluationRows& rows, const EvaluationRows::Variant& variant) const {
    if (variant.rows.size() == rows.figures.size()) return;
    throw Failure(ExitCode::failed,
                  fmt::format("{} measured {} figures when its manifests promise {}", planned_.name,
                              variant.rows.size(), rows.figures.size()),
                  {"this is a defect of the metric's plugin"});
  }

  const PlannedEvaluation& planned_;
  std::string cluster_;
  std::vector<PipelineRun> runs_;  // as PlannedEvaluation::variants
  std::vector<ItemKeys> keys_;     // of each run
  std::map<std::size_t, ExampleKeeper>& keepers_;
};

}  // namespace

Evaluator::Evaluator(Session& session, Events& events, Registry* registry)
    : session_(session), events_(events), registry_(registry) {
  for (const PlannedEvaluation& evaluation : session_.plan().evaluations) {
    for (const PlannedVariant& variant : evaluation.variants) {
      for (TensorInstance* instance : session_.stateful(variant.pipeline)) {
        initial_state_.try_emplace(instance->name(), instance->save_state());
      }
    }
    warn_of_clusters(evaluation);
  }
}

void Evaluator::warn_of_clusters(const PlannedEvaluation& evaluation) {
  if (evaluation.clusters.size() == 1) return;
  const PlannedPipeline& pipeline = evaluation.variants.front().pipeline;
  if (evaluation.clusters.empty()) {
    events_.message(
        "warning",
        fmt::format("evaluation '{}': nothing in pipeline '{}' says which items belong together "
                    "(cluster = true in a manifest), so its standard errors assume independent items",
                    evaluation.name, pipeline.name));
    return;
  }
  events_.message("warning",
                  fmt::format("evaluation '{}': its standard errors are clustered by {}, not by {}",
                              evaluation.name, output_at(pipeline, evaluation.clusters[0]).slot,
                              output_at(pipeline, evaluation.clusters[1]).slot));
}

bool Evaluator::is_trained(const PlannedVariant& variant) const {
  const std::vector<TensorInstance*> trained = session_.trained();
  return std::any_of(
      variant.pipeline.calls.begin(), variant.pipeline.calls.end(), [&](const PlannedCall& call) {
        const PlannedInstance& instance = session_.plan().instances[call.instance];
        if (!instance.spec->parameters || call.kind == CallClass::skipped) return false;
        if (!instance.from.empty() || !instance.parameters.empty()) return true;
        if (session_.is_carried(instance.name)) return true;
        return std::any_of(trained.begin(), trained.end(),
                           [&](const TensorInstance* other) { return other->name() == instance.name; });
      });
}

EvaluationTable Evaluator::run(std::size_t index, const StopSignal& stop, const std::string& stage,
                               std::int64_t step, const std::filesystem::path& keep_in) {
  const auto began = std::chrono::steady_clock::now();
  std::map<TensorInstance*, std::string> kept;
  for (const auto& [name, bytes] : initial_state_) {
    TensorInstance* instance = session_.find(name);
    kept[instance] = instance->save_state();
    instance->load_state(bytes);
  }
  const auto restore = [&] {
    for (const auto& [instance, bytes] : kept) instance->load_state(bytes);
  };
  EvaluationTable table;
  try {
    EvaluationRows rows = empty_rows(index);
    Keepers keepers = keep_in.empty() ? Keepers() : keepers_of(index, rows);
    measure(index, stop, stage, rows, keepers);
    table = evaluate(rows);
    if (!keep_in.empty()) write_kept(index, rows, keepers, stage, keep_in);
  } catch (...) {
    restore();
    throw;
  }
  restore();

  table.stage = stage;
  table.step = step;
  nlohmann::json event = to_json(table);
  event["seconds"] = seconds_since(began);
  events_.emit("evaluation", event);
  return table;
}

EvaluationRows Evaluator::empty_rows(std::size_t index) const {
  const PlannedEvaluation& planned = session_.plan().evaluations[index];
  const Evaluation& recipe = session_.recipe().evaluations[index];
  EvaluationRows rows;
  rows.name = planned.name;
  rows.figures = planned.figures;
  rows.reference = recipe.reference;
  rows.ceiling = recipe.ceiling;
  rows.paired = recipe.paired;
  rows.headline = recipe.headline;
  rows.interval = recipe.interval;
  for (const TargetSetting& each : recipe.targets) rows.targets.push_back(each.target);
  const std::string& items = session_.recipe().run.items;
  rows.items = items.empty() ? "items" : items;
  if (const PlannedOutput* cluster = cluster_of(planned)) rows.cluster = cluster->port->name;
  for (std::size_t v = 0; v < planned.variants.size(); ++v) {
    EvaluationRows::Variant& variant = rows.variants.emplace_back();
    variant.name = planned.variants[v].name.empty() ? planned.name : planned.variants[v].name;
    variant.binding_of = v < recipe.variants.size() ? recipe.variants[v].binding : "";
    const bool control = variant.name == rows.reference || variant.name == rows.ceiling;
    variant.trained = !control && is_trained(planned.variants[v]);
    if (v >= recipe.variants.size()) continue;
    for (const PublishedSetting& each : recipe.variants[v].published)
      variant.published.push_back(each.published);
  }
  return rows;
}

// Of every variant that trained and stands in the table: the rest is there to compare with.
Evaluator::Keepers Evaluator::keepers_of(std::size_t index, const EvaluationRows& rows) const {
  Keepers keepers;
  const Evaluation& recipe = session_.recipe().evaluations[index];
  if (!recipe.examples || registry_ == nullptr) return keepers;
  const auto headline = std::ranges::find(rows.figures, rows.headline, &Figure::name);
  const auto figure = headline == rows.figures.end()
                          ? rows.figures.size() - 1
                          : static_cast<std::size_t>(headline - rows.figures.begin());
  for (std::size_t v = 0; v < rows.variants.size(); ++v) {
    if (!rows.variants[v].trained || !rows.variants[v].binding_of.empty()) continue;
    keepers.emplace(v, ExampleKeeper(*recipe.examples, figure, rows.figures[figure].spec.better));
  }
  return keepers;
}

void Evaluator::write_kept(std::size_t index, const EvaluationRows& rows, const Keepers& keepers,
                           const std::string& stage, const std::filesystem::path& folder) const {
  write_items(items_file(folder, stage, rows.name), {stage, rows});
  if (keepers.empty()) return;
  const Recipe& recipe = session_.recipe();
  const std::string figure = rows.headline.empty() ? rows.figures.back().name : rows.headline;
  EvaluationExamples examples{stage, rows.name, figure, {}};
  const PlannedInstance& decoder = *session_.plan().instance(recipe.evaluations[index].examples->decoder);
  const auto seed = static_cast<std::uint64_t>(recipe.run.seed);
  for (const auto& [v, kept] : keepers) {
    std::ranges::move(decoded(kept, rows.variants[v].name, decoder, seed, *registry_),
                      std::back_inserter(examples.examples));
  }
  write_examples(examples_file(folder, stage, rows.name), examples);
}

void Evaluator::measure(std::size_t index, const StopSignal& stop, const std::string& stage,
                        EvaluationRows& rows, Keepers& keepers) {
  const PlannedEvaluation& planned = session_.plan().evaluations[index];
  const Evaluation& recipe = session_.recipe().evaluations[index];
  const PlannedOutput* cluster = cluster_of(planned);
  VariantRuns runs(planned, session_, cluster == nullptr ? "" : cluster->slot, keepers);
  StepContext context;
  context.seed = static_cast<std::uint64_t>(session_.recipe().run.seed);
  context.cancel = stop.cancel_flag();
  EvaluationTime time(recipe.minutes.value_or(session_.recipe().run.minutes));
  for (std::int64_t step = 0; recipe.steps == 0 || step < recipe.steps; ++step) {
    if (step > 0 && !time.fits_another()) {
      const std::string of = recipe.steps > 0 ? fmt::format(" of {}", recipe.steps) : "";
      events_.message("info", fmt::format("{}: {}{} steps fit into {}; its figures are from these",
                                          planned.name, step, of, duration(time.seconds())));
      break;
    }
    context.step = static_cast<std::uint64_t>(step);
    if (!runs.step(context, stop, rows)) {
      if (step > 0) break;
      throw Failure(
          ExitCode::failed, fmt::format("{} has no data: its source ended at once", planned.name),
          {"what is held out (validation, hold_out) may be empty, or shorter than one item; gistmill "
           "prepare --peek 1 shows what is there"});
    }
    events_.emit("progress",
                 {{"stage", stage}, {"text", planned.name}, {"done", step + 1}, {"count", recipe.steps}});
  }
}

}  // namespace gistmill
