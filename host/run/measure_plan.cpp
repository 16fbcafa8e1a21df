// Probes with few items, a line through them, then the real size; see measure_plan.hpp.
#include "host/run/measure_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <gistmill/text/shown.hpp>
#include "gistmill/formats/memory.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/figures/wording.hpp"
#include "host/machine/memory.hpp"
#include "host/prepare/awaited_parameters.hpp"
#include "host/prepare/prepare.hpp"
#include "host/run/schedule.hpp"
#include "host/run/training_step.hpp"

namespace gistmill {

namespace {

constexpr std::int64_t kSteps = 3;
// Sizes grow by this until the growth of memory can be told from noise: what a size needs is then at most so
// many times what is known already.
constexpr std::int64_t kGrowth = 8;
constexpr std::uint64_t kMeasurable = 32'000'000;  // bytes
// Resident memory of the same work differs so much from process to process (seen: 2 %).
constexpr double kMargin = 0.03;

struct Probe {
  std::int64_t items = 0;  // as set; 0: as the recipe has it
  std::int64_t items_a_step = 0;
  MemoryParts memory;
  Work work;
};

std::uint64_t less(std::uint64_t from, std::uint64_t what) { return from > what ? from - what : 0; }

void set_option(Recipe& recipe, const ItemsOption& option, std::int64_t value) {
  for (ComponentUse& use : recipe.components) {
    if (use.name != option.instance) continue;
    if (Value* held = use.options.find(option.option)) {
      *held = Value(value, held->origin());
    } else if (auto* table = std::get_if<Value::Table>(&use.options.data())) {
      table->emplace_back(option.option, Value(value, Origin{}));
    }
  }
}

// One part of a recipe, its training made and run in a scratch as often as asked.
class Prober {
 public:
  Prober(std::size_t part, RunContext& context)
      : index_(part), part_(context.parts[part]), context_(context) {}

  Probe run(const std::optional<ItemsOption>& option, std::int64_t items, std::int64_t steps) {
    const bool resized = option && items > 0;
    Recipe recipe = part_.recipe;
    if (resized) set_option(recipe, *option, items);
    Plan plan = resized ? make_plan(recipe, context_.registry) : part_.plan;
    reset_recent_peak();
    Probe probe;
    probe.items = items;
    probe.memory.program = resident_bytes();
    Session session(recipe, std::move(plan), context_.registry, quiet_, SessionUse::train, prepared());
    TrainingStep step(session, alone_, nullptr, &never_);
    probe.memory.optimizer = step.optimizer_bytes();
    const std::uint64_t loading = recent_peak_bytes();
    reset_recent_peak();
    probe.memory.instances = less(resident_bytes(), probe.memory.program + probe.memory.optimizer);
    step.watch_heap();
    for (std::int64_t number = 1; number <= steps; ++number) {
      const TrainingStep::Figures figures = step.run(number, step_rates(recipe, number, recipe.run.steps));
      if (figures.ended) throw Failure(ExitCode::failed, fmt::format("the data ended at step {}", number));
      probe.work += figures.work;
      probe.items_a_step = figures.items;
      probe.memory.kept = std::max(probe.memory.kept, figures.kept_bytes);
    }
    probe.work.count = steps;
    probe.memory.passing = less(std::max(loading, recent_peak_bytes()), probe.memory.peak());
    return probe;
  }

 private:
  // A corpus that is there already; making one takes minutes and writes.
  PreparedPath prepared() {
    return [this](const Plan& plan, const std::string& pipeline) {
      std::filesystem::path& path = paths_[pipeline];
      if (path.empty()) {
        if (const auto awaited = awaited_by(context_.parts, index_, pipeline); !awaited.empty()) {
          throw Failure(ExitCode::failed,
                        fmt::format("{} is made when the run gets there: {}", pipeline, to_text(awaited)));
        }
        const PrepareListener nobody{[](std::string_view, const std::string&) {}, {}};
        path = prepare(part_.recipe, plan, pipeline, context_.registry, nobody,
                       {prepared(), named_parameters}, WhereMissing::refuse)
                   .path;
      }
      return path;
    };
  }

  std::size_t index_;
  const Part& part_;
  RunContext& context_;
  Events quiet_{nullptr};  // plugins have said it when the plan was described, or will when it runs
  const std::int32_t never_ = 0;
  Ranks alone_;
  std::map<std::string, std::filesystem::path> paths_;
};

// Peak memory as a line over items.
struct Line {
  double base = 0;
  double slope = 0;

  double at(std::int64_t items) const { return base + slope * static_cast<double>(items); }
  std::int64_t largest_within(std::uint64_t bytes) const {
    const double room = static_cast<double>(bytes) * (1 - kMargin) - base;
    return room <= 0 || slope <= 0 ? 0 : static_cast<std::int64_t>(room / slope);
  }
};

Line line_through(const Probe& a, const Probe& b) {
  const auto low = static_cast<double>(a.memory.peak());
  const auto high = static_cast<double>(b.memory.peak());
  Line line;
  line.slope = (high - low) / static_cast<double>(b.items - a.items);
  line.base = high - line.slope * static_cast<double>(b.items);
  return line;
}

// Where one size alone is known: a step's memory as if all of it came from its items.
Line steepest_through(const Probe& only) {
  const auto step = static_cast<double>(only.memory.kept + only.memory.passing);
  return {static_cast<double>(only.memory.peak()) - step, step / static_cast<double>(only.items)};
}

// Memory over items, from sizes below the recipe's.
Line estimate(Prober& prober, const ItemsOption& option) {
  std::vector<Probe> probes = {prober.run(option, 1, 1)};
  while (true) {
    const Probe& last = probes.back();
    if (probes.size() > 1) {
      const Probe& before = probes[probes.size() - 2];
      if (less(last.memory.peak(), before.memory.peak()) > kMeasurable) return line_through(before, last);
    }
    const std::int64_t next = std::min(last.items * kGrowth, option.value / 2);
    if (next <= last.items) break;
    probes.push_back(prober.run(option, next, 1));
  }
  const Probe& last = probes.back();
  return probes.size() > 1 ? line_through(probes[probes.size() - 2], last) : steepest_through(last);
}

void refuse(PlanMeasure& measure, const Line& line) {
  measure.fits = false;
  if (!measure.items_setting) return;
  const std::int64_t most = std::max<std::int64_t>(measure.items_setting->value - 1, 0);
  measure.largest = std::min(line.largest_within(measure.available), most);
}

void measure_steps(PlanMeasure& measure, Prober& prober, std::uint64_t here) {
  std::optional<Line> line;
  if (measure.items_setting && measure.items_setting->value > 1) {
    line = estimate(prober, *measure.items_setting);
    measure.needed = static_cast<std::uint64_t>(std::max(0.0, line->at(measure.items_setting->value)));
    if (measure.needed > measure.available) return refuse(measure, *line);
    if (measure.needed > here) {
      measure.not_measured = fmt::format("it needs {} and this machine has {}",
                                         text::bytes_text(measure.needed), text::bytes_text(here));
      return;
    }
  }
  const Probe probe = prober.run({}, 0, kSteps);
  measure.work = probe.work;
  measure.items_a_step = probe.items_a_step;
  measure.memory = probe.memory;
  measure.needed = probe.memory.peak();
  if (measure.needed > measure.available) refuse(measure, line.value_or(Line{}));
}

}  // namespace

std::optional<ItemsOption> items_option(const Recipe& recipe, const Plan& plan) {
  const PlannedPipeline* pipeline = plan.pipeline(plan.trained);
  if (pipeline == nullptr || recipe.run.items.empty()) return std::nullopt;
  const std::optional<SlotRef> slot = pipeline->writer(recipe.run.items);
  if (!slot) return std::nullopt;
  const PlannedCall& call = pipeline->calls[slot->call];
  const std::vector<Dimension>& shape = call.outputs[slot->output].type.shape;
  if (shape.empty()) return std::nullopt;
  const PlannedSymbol* symbol = pipeline->symbol(shape.front().symbol);
  if (symbol == nullptr || !symbol->value) return std::nullopt;
  const PlannedInstance& instance = plan.instances[call.instance];
  for (const SymbolSpec& spec : instance.spec->symbols) {
    if (!spec.option.empty() && symbol->is_of(call.instance, spec))
      return ItemsOption{instance.name, spec.option, *symbol->value};
  }
  return std::nullopt;
}

PlanMeasure measure_plan(std::size_t index, RunContext& context, std::uint64_t available) {
  const Part& part = context.parts[index];
  PlanMeasure measure;
  const std::uint64_t here = formats::available_memory().value_or(0) + resident_bytes();
  measure.available = available > 0 ? available : here;
  measure.items = part.recipe.run.items;
  measure.peak = context.machine.peak;
  Prober prober(index, context);
  try {
    measure.items_setting = items_option(part.recipe, part.plan);
    measure_steps(measure, prober, here);
  } catch (const Failure& failure) {
    measure.not_measured = failure.message();
    if (!failure.notes().empty()) measure.not_measured += "; " + failure.notes().front();
  }
  set_plugin_events(&context.events);
  return measure;
}

namespace {

std::string time_line(const PlanMeasure& measure, std::int64_t steps) {
  const double step = measure.work.seconds / static_cast<double>(measure.work.count);
  std::string text =
      fmt::format("time     about {} for {} step{}, evaluations not counted: {:.3g} s a step",
                  duration(step * static_cast<double>(steps)), steps, steps == 1 ? "" : "s", step);
  if (measure.items_a_step > 0)
    text += fmt::format(", {:.1f} {}/s", static_cast<double>(measure.items_a_step) / step, measure.items);
  if (const auto share = share_of_peak(measure.work, measure.peak))
    text += fmt::format(", {} of the GEMM peak", percent(*share));
  return text + "\n";
}

std::string memory_line(const PlanMeasure& measure) {
  const MemoryParts& memory = measure.memory;
  return fmt::format(
      "memory   {} of {}: program {}, instances {}, optimizer {}, kept for the gradient {}, "
      "within calls {}\n",
      text::bytes_text(memory.peak()), text::bytes_text(measure.available), text::bytes_text(memory.program),
      text::bytes_text(memory.instances), text::bytes_text(memory.optimizer), text::bytes_text(memory.kept),
      text::bytes_text(memory.passing));
}

}  // namespace

std::string refusal(const PlanMeasure& measure, const std::string& stage) {
  std::string text = fmt::format("needs {} of memory", text::bytes_text(measure.needed));
  if (measure.items_setting) text += fmt::format(" with {} {}", measure.items_setting->value, measure.items);
  text += fmt::format(" when {} is available", text::bytes_text(measure.available));
  if (!measure.largest) return text;
  if (*measure.largest == 0) return text + "; not even one fits";
  return text + fmt::format("; {} fit: --set {}{}={}", *measure.largest,
                            stage.empty() ? "" : "stage." + stage + ".", measure.items_setting->key(),
                            *measure.largest);
}

std::string to_text(const PlanMeasure& measure, std::int64_t steps, const std::string& stage) {
  std::string text;
  if (measure.work.count > 0) text += time_line(measure, steps) + memory_line(measure);
  if (!measure.fits) return text + "memory   does not fit: " + refusal(measure, stage) + "\n";
  if (!measure.not_measured.empty()) text += "not measured: " + measure.not_measured + "\n";
  return text;
}

nlohmann::json to_json(const PlanMeasure& measure, std::int64_t steps) {
  nlohmann::json json = {{"available_bytes", measure.available}, {"fits", measure.fits}};
  if (!measure.not_measured.empty()) json["not_measured"] = measure.not_measured;
  if (measure.needed > 0) json["needed_bytes"] = measure.needed;
  if (measure.items_setting) {
    json["items"] = {{"name", measure.items},
                     {"option", measure.items_setting->key()},
                     {"value", measure.items_setting->value}};
    if (measure.largest) json["items"]["largest"] = *measure.largest;
  }
  if (measure.work.count == 0) return json;
  const double step = measure.work.seconds / static_cast<double>(measure.work.count);
  json["seconds_per_step"] = step;
  json["seconds"] = step * static_cast<double>(steps);
  json["items_per_second"] = static_cast<double>(measure.items_a_step) / step;
  if (const auto share = share_of_peak(measure.work, measure.peak)) json["utilization"] = *share;
  json["memory"] = {{"program_bytes", measure.memory.program},
                    {"instances_bytes", measure.memory.instances},
                    {"optimizer_bytes", measure.memory.optimizer},
                    {"kept_bytes", measure.memory.kept},
                    {"passing_bytes", measure.memory.passing}};
  return json;
}

}  // namespace gistmill
