// `plan --compress`: short measured runs of the compressor that a run trained and of the model that reads
// its gists, and what texts of some lengths cost by these; break_even.hpp has the arithmetic. No store is
// made.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>

#include <gistmill/text/shown.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/instance/array_call.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/instance/stop_signal.hpp"
#include "host/machine/machine.hpp"
#include "host/machine/memory.hpp"
#include "host/run/break_even.hpp"
#include "host/run/compression_plan_door.hpp"
#include "host/run/locked_request.hpp"
#include "host/run/run_context.hpp"
#include "host/run/trained_compressor.hpp"

namespace gistmill {
namespace {

constexpr std::int64_t kLongest = 2048;  // tokens that a measured run reads at most
constexpr std::int64_t kShortest = 64;   // of the longest of them
constexpr std::int32_t kFurther = 16;    // tokens behind the first whose time is measured
constexpr std::int64_t kRepeats = 2;     // of each run; the fastest counts, since others may use the machine
constexpr std::uint64_t kTries = 4;      // texts, until the model does not end one at once
constexpr double kLeastSeconds = 1e-7;   // a time that a clock cannot tell from none

struct Measurement {
  std::string what;
  std::int64_t tokens = 0;
  double seconds = 0;
  std::uint64_t bytes = 0;  // most memory of the process meanwhile
};

// Tokens without meaning: what they cost does not depend on it.
std::vector<std::int32_t> some_tokens(std::int64_t count, std::int64_t vocabulary, std::uint64_t seed) {
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(count));
  std::uint64_t state = seed;
  for (std::int32_t& token : tokens) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    token = static_cast<std::int32_t>((state >> 33) % static_cast<std::uint64_t>(vocabulary));
  }
  return tokens;
}

// A row of measured runs, kept for the answer.
class Runs {
 public:
  Runs(const StopSignal& stop, const std::function<void(std::string_view)>& talk)
      : stop_(stop), talk_(talk) {}

  // The fastest of some; `work` gets the number of the repeat and gives the seconds.
  Sample measure(const std::string& what, std::int64_t tokens,
                 const std::function<double(std::uint64_t)>& work) {
    talk_(fmt::format("measuring {} of {} tokens", what, tokens));
    reset_recent_peak();
    Measurement measurement{what, tokens, 0, 0};
    for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
      if (stop_.requested()) throw Failure(ExitCode::stopped, "stopped before all was measured");
      const double seconds = std::max(work(repeat), kLeastSeconds);
      measurement.seconds = repeat == 0 ? seconds : std::min(measurement.seconds, seconds);
    }
    measurement.bytes = recent_peak_bytes();
    list_.push_back(measurement);
    return {static_cast<double>(tokens), measurement.seconds};
  }
  const std::vector<Measurement>& list() const { return list_; }
  std::uint64_t bytes() const { return list_.back().bytes; }  // of the last one
  const StopSignal& stop() const { return stop_; }

 private:
  const StopSignal& stop_;
  const std::function<void(std::string_view)>& talk_;
  std::vector<Measurement> list_;
};

double seconds_of(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return seconds_since(began);
}

// The component of the run that the compressor's pass reads and that continues a text, with gists in it.
const TensorInstance& model_of(const GistPass& pass) {
  for (const TensorInstance* reader : pass.readers()) {
    const OperationSpec* generate = reader->planned().spec->operation("generate");
    if (generate != nullptr && generate->input("most") != nullptr && generate->input("gist") != nullptr)
      return *reader;
  }
  throw Failure(ExitCode::recipe, "the run has no model that could read a store",
                {"one of the components that its compressor reads must have an operation 'generate' with "
                 "inputs 'gist' and 'most'"});
}

// Level 1 and 2, by passes as `compress` makes them.
class CompressorCosts {
 public:
  CompressorCosts(TrainedCompressor& trained, std::int64_t vocabulary, Runs& runs)
      : trained_(trained), pass_(*trained.pass), vocabulary_(vocabulary), runs_(runs) {}

  void measure(MeasuredCosts& costs) {
    costs.window = pass_.window();
    run(pass_.window(), 0, 0);  // finds memory and files cold
    std::vector<Sample> passes;
    const std::int64_t blocks = pass_.window() / pass_.block();
    for (const std::int64_t share : {4, 2, 1}) {
      const std::int64_t tokens = std::max<std::int64_t>(blocks / share, 1) * pass_.block();
      if (!passes.empty() && passes.back().x == static_cast<double>(tokens)) continue;
      passes.push_back(runs_.measure("the compressor's pass, all blocks", tokens,
                                     [&](std::uint64_t repeat) { return run(tokens, 0, repeat); }));
    }
    costs.pass_memory = runs_.bytes();
    costs.pass = curve_through(passes, true);
    const Sample half =
        runs_.measure("the compressor's pass, half of its blocks", pass_.window(),
                      [&](std::uint64_t repeat) { return run(pass_.window(), blocks / 2, repeat); });
    costs.block_seconds =
        std::max(0.0, passes.back().y - half.y) / static_cast<double>(std::max<std::int64_t>(blocks / 2, 1));
    if (trained_.group != nullptr) measure_group(costs);
  }
  std::int64_t gists() const { return gist_.size(1); }

 private:
  // Of blocks from number `first` on.
  double run(std::int64_t tokens, std::int64_t first, std::uint64_t seed) {
    std::vector<std::int32_t> spans;
    for (std::int64_t at = first * pass_.block(); at < tokens; at += pass_.block())
      spans.push_back(static_cast<std::int32_t>(at));
    const at::Tensor text = at::tensor(some_tokens(tokens, vocabulary_, seed), at::kInt);
    return seconds_of(
        [&] { gist_ = pass_.run(text, at::tensor(spans, at::kInt), runs_.stop().cancel_flag()).gist; });
  }
  void measure_group(MeasuredCosts& costs) {
    GroupPass& group = *trained_.group;
    const at::Tensor gist = at::zeros({group.blocks(), 1, gist_.size(2)});
    const at::Tensor offsets = at::zeros({group.blocks(), 1}, at::kInt);
    const auto work = [&](std::uint64_t) {
      return seconds_of([&] { group.run(gist, offsets, runs_.stop().cancel_flag()); });
    };
    work(0);
    costs.group_seconds = runs_.measure("level 2, a group", group.blocks() * group.block(), work).y;
    costs.pass_memory = std::max(costs.pass_memory, runs_.bytes());
  }

  TrainedCompressor& trained_;
  GistPass& pass_;
  std::int64_t vocabulary_;
  Runs& runs_;
  at::Tensor gist_;
};

// The model by itself, as `generate --store` starts it.
class ModelCosts {
 public:
  ModelCosts(PlannedInstance planned, Registry& registry, Runs& runs) : runs_(runs) {
    for (PlannedOption& option : planned.options) {
      if (option.key == "max_tokens" && std::holds_alternative<std::int64_t>(option.value))
        option.value = std::int64_t{kFurther + 1};
    }
    model_.emplace(planned, component_for(planned, registry), plugin_host());
    model_->start({}, 0);
  }

  void measure(std::int64_t most, MeasuredCosts& costs) {
    const std::int64_t room = costs.known > 0 ? costs.known - kFurther - 1 : kLongest;
    costs.longest = std::min({std::max(most, kShortest), kLongest, room});
    if (costs.longest < 4)
      throw Failure(ExitCode::recipe,
                    fmt::format("the model knows {} positions, which are too few to measure", costs.known));
    generate("generate", costs.longest / 4, 1, 0);  // finds memory and files cold
    std::vector<Sample> firsts, steps, memory;
    for (const std::int64_t share : {4, 2, 1}) {
      const std::int64_t rows = costs.longest / share;
      firsts.push_back(runs_.measure("reading", rows, [&](std::uint64_t repeat) {
        return seconds_of([&] { generate("generate", rows, 1, repeat + 1); });
      }));
      memory.push_back({static_cast<double>(rows + 1), static_cast<double>(runs_.bytes())});
      if (share == 2) continue;  // a line has two points
      steps.push_back(runs_.measure("a new token behind a text", rows,
                                    [&](std::uint64_t repeat) { return step_seconds(rows, repeat); }));
    }
    costs.prefill = curve_through(firsts, true);
    costs.step = curve_through(steps, false);
    costs.memory = curve_through(memory, false);
  }

 private:
  // Gives how many new tokens there were.
  std::int64_t generate(const std::string& operation, std::int64_t rows, std::int32_t most,
                        std::uint64_t seed) {
    const char* text = operation == "generate" ? "prompt" : "ids";
    const Arrays out =
        call_operation(*model_, operation,
                       {{text, token_array(some_tokens(rows, model_->symbol("V"), seed), true)},
                        {"most", Tensor::of(std::vector<std::int32_t>{most}, {})}});
    return operation == "generate" ? out.at("lengths").data<std::int32_t>()[0] : out.at("tokens").size();
  }
  // An operation that keeps the text is asked twice, so that what is measured has no reading of it.
  double step_seconds(std::int64_t rows, std::uint64_t repeat) {
    const bool keeps = model_->planned().spec->operation("next_tokens") != nullptr;
    const std::string operation = keeps ? "next_tokens" : "generate";
    for (std::uint64_t attempt = 0; attempt < kTries; ++attempt) {
      const std::uint64_t seed = 1000 + repeat * kTries + attempt;
      if (keeps) generate(operation, rows, 1, seed);
      const double first = seconds_of([&] { generate(operation, rows, 1, seed); });
      std::int64_t made = 0;
      const double all = seconds_of([&] { made = generate(operation, rows, kFurther + 1, seed); });
      if (made > kFurther / 2) return std::max(0.0, all - first) / static_cast<double>(made - 1);
    }
    throw Failure(ExitCode::failed,
                  "the time of a new token cannot be measured: the model ends every text at once");
  }

  Runs& runs_;
  std::optional<Instance> model_;
};

nlohmann::json to_json(const CostCurve& curve) {
  return {{"constant", curve.constant}, {"linear", curve.linear}, {"square", curve.square}};
}

nlohmann::json to_json(const Cost& cost) { return {{"seconds", cost.seconds}, {"peak_bytes", cost.bytes}}; }

nlohmann::json to_json(const LengthCosts& costs) {
  nlohmann::json json = {{"tokens", costs.tokens},
                         {"store_rows", costs.read.rows},
                         {"left_out", costs.read.left_out},
                         {"compress", to_json(costs.compress)},
                         {"from_store", to_json(costs.from_store)},
                         {"whole", nullptr},
                         {"pays_from_readings", nullptr},
                         {"extrapolated", costs.is_extrapolated}};
  if (costs.whole) json["whole"] = to_json(*costs.whole);
  if (costs.pays_from) json["pays_from_readings"] = *costs.pays_from;
  return json;
}

nlohmann::json to_json(const MeasuredCosts& costs, const Runs& runs) {
  nlohmann::json list = nlohmann::json::array();
  for (const Measurement& run : runs.list())
    list.push_back(
        {{"what", run.what}, {"tokens", run.tokens}, {"seconds", run.seconds}, {"peak_bytes", run.bytes}});
  return {{"runs", list},
          {"longest", costs.longest},
          {"curves",
           {{"compressor_pass", to_json(costs.pass)},
            {"block_seconds", costs.block_seconds},
            {"group_seconds", costs.group_seconds},
            {"prefill", to_json(costs.prefill)},
            {"new_token", to_json(costs.step)},
            {"memory", to_json(costs.memory)}}}};
}

std::string cost_text(const Cost& cost) {
  return fmt::format("{:.3g} s, {}", cost.seconds, text::bytes_text(static_cast<std::uint64_t>(cost.bytes)));
}

std::string pays_text(const LengthCosts& costs) {
  if (!costs.whole) return "the store alone can be read";
  if (!costs.pays_from) return "never";
  return fmt::format("{} reading{}", *costs.pays_from, *costs.pays_from == 1 ? "" : "s");
}

std::string table_text(const std::vector<LengthCosts>& list, std::int64_t known) {
  constexpr const char* kRow = "{:>9} {:<18} {:<28} {:<18} {}\n";
  std::string text =
      fmt::format(kRow, "tokens", " compress once", "read the store", "read the text", "pays from");
  bool extrapolated = false;
  bool left_out = false;
  for (const LengthCosts& costs : list) {
    extrapolated = extrapolated || costs.is_extrapolated;
    left_out = left_out || costs.read.left_out > 0;
    text += fmt::format(kRow, costs.tokens, (costs.is_extrapolated ? "*" : " ") + cost_text(costs.compress),
                        fmt::format("{}{} rows, {}", costs.read.left_out > 0 ? "+" : "", costs.read.rows,
                                    cost_text(costs.from_store)),
                        costs.whole ? cost_text(*costs.whole) : std::string("-"), pays_text(costs));
  }
  if (extrapolated) text += "*  longer than any text that was measured: by the curves alone\n";
  if (left_out) text += fmt::format("+  without the oldest tokens: the model knows {} positions\n", known);
  return text;
}

std::string measured_text(const MeasuredCosts& costs, const StoreReading& reading, std::int64_t new_tokens) {
  return fmt::format(
      "measured: a pass of the compressor over {} tokens ({:.3g} s) and over parts of it; the model reading "
      "up "
      "to {} tokens ({:.3g} s); {} new tokens behind them\n"
      "computed: all of the table, by constant + linear + square curves through these. Each reading makes {} "
      "new "
      "tokens; {} recent tokens stand as they are. Memory is the most that a process has, and of compressing "
      "without 4 bytes a token. Reading and writing the store's file is not counted\n",
      costs.window, costs.pass.at(static_cast<double>(costs.window)), costs.longest,
      costs.prefill.at(static_cast<double>(costs.longest)), kFurther, new_tokens, reading.recent);
}

RunOutcome outcome_of(const CompressionPlanRequest& request, const Machine& machine,
                      const MeasuredCosts& measured, const StoreReading& reading, const Runs& runs) {
  std::vector<LengthCosts> list;
  nlohmann::json rows = nlohmann::json::array();
  for (const std::int64_t tokens : request.lengths) {
    list.push_back(costs_of(tokens, request.new_tokens, measured, reading));
    rows.push_back(to_json(list.back()));
  }
  RunOutcome outcome;
  outcome.text = table_text(list, measured.known) + measured_text(measured, reading, request.new_tokens) +
                 "machine  " + to_text(machine) + "\n";
  outcome.json = nlohmann::json({{"lengths", rows},
                                 {"new_tokens", request.new_tokens},
                                 {"recent", request.recent},
                                 {"level1", request.level1},
                                 {"kept", request.kept},
                                 {"block", reading.block},
                                 {"level2", reading.has_groups},
                                 {"window", measured.window},
                                 {"positions", measured.known},
                                 {"measured", to_json(measured, runs)},
                                 {"machine", to_json(machine)}})
                     .dump(2) +
                 "\n";
  return outcome;
}

RunOutcome plan_compression(const CompressionPlanRequest& request) {
  RunRequest locked = locked_request(request.run, "plan --compress");
  locked.verb = RunVerb::compress;  // uses what a run left, whatever plugins are there now
  RunContext context(locked);
  const Machine machine = set_up_machine(context.recipe.run.threads);
  const StopSignal stop;
  Runs runs(stop, request.run.talk);
  MeasuredCosts measured;
  StoreReading reading{0, 1, false, request.recent, request.level1, request.kept};
  std::optional<PlannedInstance> model;
  {
    TrainedCompressor trained = trained_compressor(context);
    const TensorInstance& reader = model_of(*trained.pass);
    model = reader.planned();
    measured.known = std::max<std::int64_t>(reader.symbol("C"), 0);
    CompressorCosts compressor(trained, std::max<std::int64_t>(reader.symbol("V"), 1), runs);
    compressor.measure(measured);
    reading.block = trained.pass->block();
    reading.gists = compressor.gists();
    reading.has_groups = trained.group != nullptr;
  }  // its memory is free when the model alone is measured
  std::int64_t rows = 0;
  for (const std::int64_t tokens : request.lengths)
    rows = std::max(rows, most_rows(tokens, request.new_tokens, measured.known, reading));
  ModelCosts(*model, context.registry, runs).measure(rows, measured);
  return outcome_of(request, machine, measured, reading, runs);
}

}  // namespace
}  // namespace gistmill

extern "C" void gistmill_plan_compression(const gistmill::CompressionPlanRequest* request,
                                          gistmill::RunOutcome* outcome) {
  *outcome = gistmill::plan_compression(*request);
}
