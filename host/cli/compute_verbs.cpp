// run, evaluate, prepare --peek, plan, export, compress: what the run library is asked for.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>
#include <utility>

#include "host/cli/baseline_gate.hpp"
#include "host/cli/libraries.hpp"
#include "host/cli/number_option.hpp"
#include "host/cli/run_outputs.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"
#include "host/machine/threads.hpp"
#include "host/record/run_record.hpp"
#include "host/registry/launch.hpp"
#include "host/report/report.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// "300M", "1.5 GB", "2000000": bytes; K, M, G, T are powers of ten.
std::uint64_t memory_of(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  std::string unit(end);
  std::erase(unit, ' ');
  if (unit.ends_with('B')) unit.pop_back();
  constexpr std::string_view kUnits = "KMGT";
  const std::size_t power = unit.size() == 1 ? kUnits.find(unit[0]) : std::string_view::npos;
  const bool known = unit.empty() || power != std::string_view::npos;
  const double bytes = number * (unit.empty() ? 1 : std::pow(1000.0, static_cast<double>(power + 1)));
  if (end == text.c_str() || !known || !(bytes >= 1) || bytes > 1e18) {
    throw Failure(ExitCode::usage,
                  fmt::format("--memory is '{}' when it should be a size such as 300M or 16G", text));
  }
  return static_cast<std::uint64_t>(bytes);
}

constexpr std::int64_t kMostSamples = 1000;
constexpr double kMostNats = 100;
constexpr std::int64_t kMostTokens = 1'000'000'000;

// The answer of a finished run, and how it stands against its baseline.
ExitCode hold_against(const BaselineGate& gate, const Command& command, const RunOutcome& outcome) {
  const BaselineVerdict verdict = gate.judge(outcome.folder);
  if (command.json()) {
    nlohmann::json json = nlohmann::json::parse(outcome.json);
    json["against"] = to_json(verdict, gate.name());
    print_answer(json.dump(2) + "\n");
  } else {
    print_answer(outcome.text);
  }
  print_talk(verdict_text(verdict, gate.name()));
  return verdict.regressed ? ExitCode::numerics : ExitCode::ok;
}

// Before ranks of a run have joined, each finds by itself what is wrong. Rank 0 says it, and its launcher
// ends the others; a failure that only one of them has is said after this time.
constexpr auto kFirstSpeaks = std::chrono::seconds(2);

template <class Body>
void in_one_voice(const Command& command, const Body& body) {
  try {
    body();
  } catch (const Failure&) {
    std::vector<RefusedFile> shown_elsewhere;
    const auto folders = Registry::search_path(command.plugin_folders());
    if (launch_of_process(find_contracts(folders, shown_elsewhere)).rank > 0)
      std::this_thread::sleep_for(kFirstSpeaks);
    throw;
  }
}

// The run is done: what cannot be written beside it is said, and no failure.
void write_beside(const RunOutputs& outputs, const fs::path& folder) {
  try {
    outputs.write(folder);
  } catch (const Failure& failure) {
    print_talk(fmt::format("warning: {}", failure.what()));
  }
}

// What `compress` is to do; its --set is for the component that keeps the gists.
void ask_for_store(const Command& command, RunRequest& request) {
  const std::optional<std::string> out = command.value("out");
  if (!out) throw Failure(ExitCode::usage, "compress needs --out FILE: the store to make, or to append to");
  request.target = *out;
  request.texts.assign(command.arguments.begin() + 1, command.arguments.end());
  request.refresh = command.has("refresh");
  request.keep = command.value("keep").value_or("");
  request.keep_above = number_option<double>(command, "keep-above", 0.0, kMostNats);
  if (request.texts.empty() && !request.refresh)
    throw Failure(ExitCode::usage, "compress needs a text, or --refresh for those that the store holds");
  std::swap(request.overrides, request.store_overrides);
}

std::int64_t tokens_of(std::string_view text, std::string_view option) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size() && count >= 1 && count <= kMostTokens)
    return count;
  throw Failure(ExitCode::usage,
                fmt::format("--{} has '{}' when it should be a number of tokens from 1 to {}", option, text,
                            kMostTokens));
}

// Options of `plan --compress` say nothing to a plan of training, and the other way round.
void refuse_other_plans(const Command& command) {
  const bool compress = command.has("compress");
  for (const char* option : {"length", "max-tokens", "recent", "level1", "kept"}) {
    if (!compress && command.has(option))
      throw Failure(ExitCode::usage, fmt::format("--{} needs --compress", option));
  }
  for (const char* option : {"folder", "memory", "no-measure"}) {
    if (compress && command.has(option))
      throw Failure(ExitCode::usage, fmt::format("--{} cannot be used with --compress", option));
  }
  if (compress && !command.has("length"))
    throw Failure(ExitCode::usage, "plan --compress needs --length N[,N...]: lengths of texts, in tokens");
}

ExitCode plan_compression(const Command& command) {
  CompressionPlanRequest request;
  request.run.recipe = command.arguments.front();
  request.run.overrides = command.overrides();
  request.run.plugin_folders = command.plugin_folders();
  request.run.talk = print_talk;
  request.run.environment_threads = threads_of_environment();
  const std::string lengths = command.value("length").value_or("");
  for (std::size_t at = 0; at <= lengths.size();) {
    const std::size_t comma = std::min(lengths.find(',', at), lengths.size());
    request.lengths.push_back(tokens_of(std::string_view(lengths).substr(at, comma - at), "length"));
    at = comma + 1;
  }
  const auto count = [&](const char* option, const char* usual) {
    return tokens_of(command.value(option).value_or(usual), option);
  };
  request.new_tokens = count("max-tokens", "128");
  request.recent = count("recent", "256");
  request.level1 = count("level1", "4096");
  request.kept = number_option<double>(command, "kept", 0, 1).value_or(0);
  set_up_openmp();
  RunOutcome outcome;
  plan_compression_in_library(request, outcome);
  print_answer(command.json() ? outcome.json : outcome.text);
  return outcome.code;
}

}  // namespace

ExitCode run_compute_verb(const Command& command, RunVerb verb) {
  if (verb == RunVerb::plan) {
    refuse_other_plans(command);
    if (command.has("compress")) return plan_compression(command);
  }
  RunRequest request;
  request.verb = verb;
  request.recipe = command.arguments.front();
  request.overrides = command.overrides();
  request.folder = command.value("folder").value_or("");
  request.plugin_folders = command.plugin_folders();
  request.resume = command.has("resume");
  request.fresh = command.has("fresh");
  request.ignore_lock = command.has("ignore-lock");
  request.command = command.words;
  request.command.insert(request.command.begin(), "gistmill");
  request.talk = print_talk;
  request.tell_failure = print_failure;
  request.environment_threads = threads_of_environment();
  request.seconds_of = [](const fs::path& folder) { return read_run(folder).seconds; };
  request.peek = number_option<std::int64_t>(command, "peek", 1, kMostSamples).value_or(0);
  request.merge = command.has("merge");
  request.profile = command.has("profile");
  if (command.has("trace-calls")) setenv("GISTMILL_CHECK", "trace", 1);  // before any plugin is loaded
  request.measure = !command.has("no-measure");
  if (const auto size = command.value("memory")) request.memory = memory_of(*size);
  if (verb == RunVerb::compress) {
    ask_for_store(command, request);
  } else if (command.arguments.size() > 1) {
    request.target = command.arguments[1];
  }
  // The recipe is checked before LibTorch is loaded: a typing mistake is answered at once. What is exported
  // is a run's folder.
  in_one_voice(command, [&] {
    if (verb != RunVerb::export_run && verb != RunVerb::compress) check_recipe(command, request.recipe);
  });
  const std::optional<BaselineGate> gate = verb == RunVerb::run ? BaselineGate::of(command) : std::nullopt;
  const RunOutputs outputs(command);
  RunOutcome outcome;
  set_up_openmp();
  in_one_voice(command, [&] { run_in_library(request, outcome); });
  if (outcome.is_answered_elsewhere) return outcome.code;
  if (!outcome.report_due.empty()) write_report(outcome.report_due);
  if (const auto folder = command.value("folder"); folder && verb == RunVerb::plan) {
    make_folders(*folder);
    write_file_atomically(fs::path(*folder) / "plan.json", outcome.json);
  }
  if (verb == RunVerb::run) write_beside(outputs, outcome.folder);
  if (!gate || outcome.code != ExitCode::ok) {
    print_answer(command.json() ? outcome.json : outcome.text);
    return outcome.code;
  }
  return hold_against(*gate, command, outcome);
}

}  // namespace gistmill
