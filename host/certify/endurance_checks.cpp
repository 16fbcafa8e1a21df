// What shows only after many calls, or in time: what is never given back, and what does not stop.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "host/certify/arrays.hpp"
#include "host/certify/cases.hpp"
#include "host/certify/checks.hpp"
#include "host/certify/surroundings.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/machine/memory.hpp"

namespace gistmill {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTimes = 1000;
constexpr int kWarm = 50;           // times before anything is counted: caches fill, threads start
constexpr double kLongestLoop = 4;  // seconds
constexpr double kHeapEach = 8;     // bytes a time that may be a growing list elsewhere
constexpr int kLeastTimes = 40;
constexpr double kHeapInAll = 4096;  // bytes below which nothing is said
constexpr double kResidentInAll = 32 << 20;
constexpr double kObeyed = 1.0;  // seconds

struct Held {
  double heap = static_cast<double>(heap_bytes());
  double resident = static_cast<double>(resident_bytes());
  int descriptors = open_descriptors();
  int threads = running_threads();
};

// Whether it grew in each quarter: what is kept for good grows once, and stays.
bool is_steady(const std::vector<double>& heaps) {
  const std::size_t last = heaps.size() - 1;
  const double quarter = (heaps[last] - heaps[0]) / 4;
  for (std::size_t i = 0; i < 4; ++i) {
    if (heaps[last * (i + 1) / 4] - heaps[last * i / 4] < quarter / 2) return false;
  }
  return true;
}

// What was held before and after up to a thousand calls.
struct Growth {
  Held before;
  Held after;
  std::vector<double> heaps;  // after each call, the first before all
  int times = 0;

  double heap() const { return after.heap - before.heap; }  // bytes
  double each() const { return heap() / times; }
  bool is_leak() const {
    return times > 0 && each() >= kHeapEach && heap() >= kHeapInAll && is_steady(heaps);
  }
};

template <class Body>
Growth measured(Findings& findings, Clock::time_point begin, const Body& body) {
  Growth growth;
  growth.heaps.reserve(kTimes + 1);
  growth.before = Held();
  growth.heaps.push_back(growth.before.heap);
  for (; growth.times < kTimes && seconds_since(begin) < kLongestLoop; ++growth.times) {
    body();
    findings.beat();
    growth.heaps.push_back(static_cast<double>(heap_bytes()));
  }
  growth.after = Held();
  return growth;
}

// Calls `body` up to a thousand times and says what became more.
template <class Body>
void repeat(const std::string& what, Findings& findings, const Body& body) {
  const auto begin = Clock::now();
  int warm = 0;
  for (; warm < kWarm && seconds_since(begin) < kLongestLoop / 3; ++warm) {
    body();
    findings.beat();
  }
  const Growth growth = measured(findings, begin, body);
  if (growth.times < kLeastTimes)
    return findings.not_checked(
        fmt::format("{}: {} of them took {:.0f} s", what, warm + growth.times, kLongestLoop));
  // A leak goes on; what a library keeps, slowly and for good, comes to an end.
  if (growth.is_leak() && measured(findings, Clock::now(), body).is_leak())
    findings.fault(fmt::format("{}: {:.0f} bytes of memory stay behind each time ({} times)", what,
                               growth.each(), growth.times));
  const Held& before = growth.before;
  const Held& after = growth.after;
  if (after.resident - before.resident - growth.heap() >= kResidentInAll)
    findings.fault(fmt::format("{}: {:.0f} MB more memory is in use after {} times", what,
                               (after.resident - before.resident) / 1e6, growth.times));
  if (after.descriptors > before.descriptors)
    findings.fault(fmt::format("{}: {} descriptors stay open after {} times", what,
                               after.descriptors - before.descriptors, growth.times));
  if (after.threads > before.threads + 1)
    findings.fault(fmt::format("{}: {} threads stay behind after {} times", what,
                               after.threads - before.threads, growth.times));
  findings.checked();
}

// A forward and, where there is one, its vjp.
void call_once(Specimen& specimen, const Case& drawn, bool trains, const CallSettings& settings) {
  const OperationSpec& operation = specimen.spec().operations[drawn.operation];
  const std::vector<std::uint8_t> need = all_needed(operation, drawn);
  const Outcome outcome = specimen.forward(drawn.operation, drawn.inputs, settings, trains ? &need : nullptr);
  if (outcome.tape == nullptr) return;
  std::vector<Tensor> slopes, gradients;
  for (std::size_t i = 0; i < outcome.outputs.size(); ++i)
    slopes.push_back(operation.outputs[i].gradient ? outcome.outputs[i] : Tensor());
  specimen.vjp(drawn.operation, outcome, slopes, need, gradients, settings);
}

// Cancels while `body` runs; how long after that it ended.
template <class Body>
double seconds_after_cancel(volatile std::int32_t& cancel, const Body& body) {
  std::atomic<bool> ended{false};
  Clock::time_point canceled_at{};
  std::thread asks([&] {
    for (int i = 0; i < 50 && !ended; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    canceled_at = Clock::now();
    cancel = 1;
  });
  const double waited = seconds_without_processor();
  body();
  const auto end = Clock::now();
  ended = true;
  asks.join();
  return std::chrono::duration<double>(end - canceled_at).count() - (seconds_without_processor() - waited);
}

}  // namespace

void check_leaks(Subject& subject, Findings& findings) {
  const ComponentSpec& spec = subject.spec();
  repeat("create and destroy", findings, [&] { some_specimen(subject, findings, Calls::bare); });
  for (std::uint32_t i = 0; i < spec.operations.size(); ++i) {
    if (spec.operations[i].effect == Effect::stateful) {
      findings.not_checked(about(spec, i) + "it is stateful, and may keep what it was given");
      continue;
    }
    const CaseSearch search = find_case(subject, findings, i, subject.seed());
    if (!search.found) {
      findings.not_checked(about(spec, i) + "no input for it could be drawn (see ports)");
      continue;
    }
    Specimen specimen(subject, findings, subject.options(), search.found->symbols, Calls::bare);
    specimen.bind_gradients();
    const bool trains = carries_gradient(spec, spec.operations[i]);
    CallSettings settings;
    repeat("calls of " + spec.operations[i].name, findings, [&] {
      settings.step += 1;
      settings.random_key += 1;
      call_once(specimen, *search.found, trains, settings);
    });
  }
}

void check_cancel(Subject& subject, Findings& findings) {
  const ComponentSpec& spec = subject.spec();
  for (std::uint32_t i = 0; i < spec.operations.size(); ++i) {
    const CaseSearch search = find_case(subject, findings, i, subject.seed());
    if (!search.found) {
      findings.not_checked(about(spec, i) + "no input for it could be drawn (see ports)");
      continue;
    }
    Specimen specimen(subject, findings, subject.options(), search.found->symbols);
    volatile std::int32_t cancel = 0;
    CallSettings settings;
    settings.cancel = &cancel;
    Outcome outcome;
    const double late =
        seconds_after_cancel(cancel, [&] { outcome = specimen.forward(i, search.found->inputs, settings); });
    if (late > kObeyed)
      findings.fault(fmt::format("{}: returned {:.1f} s after it was canceled when it should within {:.0f} s",
                                 spec.operations[i].name, late, kObeyed));
    // Canceled before it began: it may end at once, or well.
    const auto begin = Clock::now();
    const double waited = seconds_without_processor();
    outcome = specimen.forward(i, search.found->inputs, settings);
    const double ran = seconds_since(begin) - (seconds_without_processor() - waited);
    if (ran > kObeyed)
      findings.fault(fmt::format("{}: ran for {:.1f} s though it was canceled before it began",
                                 spec.operations[i].name, ran));
    if (!outcome.ok() && outcome.status != GM_CANCELED && outcome.status != search.refused.status)
      findings.fault(
          fmt::format("{}: answers {} where it was canceled", spec.operations[i].name, outcome.text()));
    findings.checked();
  }
  if (spec.operations.empty()) findings.nothing_here("it has no operations");
}

}  // namespace gistmill
