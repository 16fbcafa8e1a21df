// What the host itself costs: pipelines of components that compute nothing (idle.c). Measures a call forward,
// a call forward and back, and a whole training step with its event in the run's log. Not a test.
//
//   pipeline_step IDLE_PLUGINS PLUGINS [--count]
//
// Prints JSON, microseconds, medians. Every part is run a few and many times; the difference is what counts,
// so that starting and saving do not. --count does each part once under callgrind instead and has it dump its
// counts as "part:times" (valgrind --tool=callgrind --instr-atstart=no).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else  // built where valgrind is not: --count then counts nothing
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(part) static_cast<void>(part)
#endif

#include "host/instance/stop_signal.hpp"
#include "host/machine/machine.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"
#include "host/run/evaluator.hpp"
#include "host/run/ranks.hpp"
#include "host/run/step/session.hpp"
#include "host/run/trainer.hpp"

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

// A folder that goes with the process.
class Scratch {
 public:
  Scratch() : path_(fs::temp_directory_path() / ("gistmill-pipeline-step-" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// A chain: the source, `frozen` relays, the component that trains, `passing` relays, a sum that is the loss.
std::string recipe_text(int frozen, int passing, std::int64_t steps) {
  std::string calls = R"({ call = "source.next", out = { x = "s0" } })";
  int slot = 0;
  const auto call = [&](const char* instance) {
    calls += fmt::format(",\n  {{ call = \"{}.pass\", in = {{ x = \"s{}\" }}, out = {{ y = \"s{}\" }} }}",
                         instance, slot, slot + 1);
    ++slot;
  };
  for (int i = 0; i < frozen; ++i) call("relay");
  call("trained");
  for (int i = 0; i < passing; ++i) call("relay");
  call("sum");
  return fmt::format(R"(
[components]
source = {{ use = "idle/source" }}
relay = {{ use = "idle/relay" }}
trained = {{ use = "idle/trained" }}
sum = {{ use = "idle/sum" }}
optimizer = {{ use = "optimizer/idle" }}

[pipelines.train]
steps = [{}]
minimize = "s{}"
train = ["trained"]

[run]
steps = {}
)",
                     calls, slot, steps);
}

// A recipe with its instances, ready to run.
class Bench {
 public:
  Bench(const fs::path& folder, gistmill::Registry& registry, const std::string& recipe)
      : registry_(registry) {
    const fs::path path = folder / "recipe.toml";
    std::ofstream(path) << recipe;
    recipe_ = gistmill::load_recipe(path, {});
    session_ =
        std::make_unique<gistmill::Session>(recipe_, gistmill::make_plan(recipe_, registry), registry,
                                            events_, gistmill::SessionUse::train_and_evaluate, nullptr);
  }

  gistmill::Session& session() { return *session_; }
  const gistmill::PlannedPipeline& pipeline() { return *session_->plan().pipeline("train"); }

  // All steps of the recipe, as a run does them, with the run's log.
  void train(const fs::path& folder) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    gistmill::ComponentUse use;
    use.name = "events";
    use.use = "logger/jsonl";
    use.options = gistmill::Value(
        gistmill::Value::Table{{"file", gistmill::Value((folder / "events.jsonl").string(), {})}}, {});
    const auto logger = gistmill::make_instance(use, registry_);
    logger->start_on(at::kCPU, {}, 0);
    events_.add(*logger, false);
    const gistmill::StopSignal stop;
    gistmill::Evaluator evaluator(*session_, events_);
    gistmill::Ranks alone;
    gistmill::Trainer(*session_, alone, events_, evaluator, stop, {}, folder, {}).run();
  }

 private:
  gistmill::Registry& registry_;
  gistmill::Events events_{nullptr};
  gistmill::Recipe recipe_;
  std::unique_ptr<gistmill::Session> session_;
};

// Something done `times` times, of `calls` calls each.
struct Part {
  const char* name;
  int few;
  int many;
  double calls;
  std::function<void(int times)> run;
};

double seconds_of(const std::function<void(int)>& body, int times) {
  const auto begin = Clock::now();
  body(times);
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double microseconds(const Part& part) {
  constexpr int kRounds = 9;
  part.run(part.few);
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const double more = seconds_of(part.run, part.many) - seconds_of(part.run, part.few);
    rounds.push_back(1e6 * more / (part.many - part.few) / part.calls);
  }
  std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
  return rounds[kRounds / 2];
}

// Under callgrind.
void count(const Part& part) {
  part.run(part.few);
  for (const int times : {part.few, part.few + 10}) {
    const std::string dump = fmt::format("{}:{}", part.name, static_cast<std::int64_t>(times * part.calls));
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    part.run(times);
    CALLGRIND_DUMP_STATS_AT(dump.c_str());
    CALLGRIND_STOP_INSTRUMENTATION;
  }
}

int run(const std::vector<fs::path>& plugin_folders, bool counts) {
  constexpr int kRelays = 64;
  gistmill::set_up_machine(1);
  const Scratch scratch;
  gistmill::Registry registry(plugin_folders);
  const std::int32_t never = 0;
  gistmill::StepContext context;
  context.train = true;
  context.cancel = &never;

  Bench frozen(scratch.path(), registry, recipe_text(kRelays, 0, 1));
  gistmill::PipelineRun forward(frozen.pipeline(), frozen.session().instances());
  Bench trained(scratch.path(), registry, recipe_text(0, kRelays, 1));
  gistmill::PipelineRun both(trained.pipeline(), trained.session().instances());
  for (gistmill::TensorInstance* instance : trained.session().trained()) instance->bind_gradients();

  const std::vector<Part> parts = {
      {"forward_call", 10, 1000, kRelays + 3,
       [&](int times) {
         for (int i = 0; i < times; ++i) forward.forward(context);
       }},
      {"forward_and_backward_call", 10, 1000, kRelays + 3,
       [&](int times) {
         for (int i = 0; i < times; ++i) {
           both.forward(context);
           both.backward(context, 1.0);
         }
       }},
      // As many calls as the recipes of gistnet/ have.
      {"step", 10, 500, 1,
       [&](int times) {
         Bench(scratch.path(), registry, recipe_text(4, 3, times)).train(scratch.path() / "run");
       }},
  };
  nlohmann::ordered_json result;
  for (const Part& part : parts) {
    if (counts) {
      count(part);
    } else {
      result[std::string(part.name) + "_us"] = microseconds(part);
    }
  }
  if (!counts) std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && !(argc == 4 && std::string(argv[3]) == "--count")) {
    std::fprintf(stderr, "usage: pipeline_step IDLE_PLUGINS PLUGINS [--count]\n");
    return 2;
  }
  try {
    return run({argv[1], argv[2]}, argc == 4);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
