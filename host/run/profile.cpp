// Totals, table and trace; see profile.hpp. The trace is of the format that chrome://tracing and
// https://ui.perfetto.dev open: complete events ("ph": "X"), times in microseconds.
#include "host/run/profile.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/diagnostic/seconds_since.hpp"
#include "host/files/text_file.hpp"

namespace gistmill {

namespace {

double per_second(double amount, double seconds) { return seconds > 0 ? amount / seconds : 0; }

// "61.0 s", "642 ms", "5.2 us"
std::string time_text(double seconds) {
  if (seconds >= 1) return fmt::format("{:.1f} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.1f} ms", seconds * 1e3);
  return fmt::format("{:.1f} us", seconds * 1e6);
}

// In units of 1e9; empty where nothing was counted.
std::string giga(double amount) {
  if (amount <= 0) return "";
  return amount >= 1e9 ? fmt::format("{:.1f}", amount / 1e9) : fmt::format("{:.2g}", amount / 1e9);
}

std::string share_text(double share) { return fmt::format("{:.1f} %", share * 100); }

void add_work(nlohmann::json& json, const Work& work, const GemmPeak& peak) {
  if (work.all_flops() > 0) json["flops"] = work.all_flops();
  if (work.bytes > 0) json["bytes"] = work.bytes;
  if (const auto share = share_of_peak(work, peak)) json["utilization"] = *share;
}

}  // namespace

Profile::Profile(GemmPeak peak) : peak_(peak), began_(WorkClock::now()) {}

void Profile::begin_stage(const std::string& name) {
  stages_.push_back({name, {}, {}});
  stage_steps_ = 0;
}

void Profile::begin_step(std::int64_t step) {
  step_ = step;
  ++stage_steps_;
  in_step_ = true;
  step_began_ = WorkClock::now();
  step_work_ = {};
}

void Profile::end_step() {
  in_step_ = false;
  step_work_.count = 1;
  step_work_.seconds = seconds_since(step_began_);
  stages_.back().steps += step_work_;
  trace(fmt::format("step {}", step_), "step", step_began_, step_work_);
}

void Profile::add_calls(const PipelineRun& run) {
  const std::vector<CallAccount>& accounts = run.accounts();
  for (std::size_t i = 0; i < accounts.size(); ++i)
    add_call(run.pipeline().calls[i].name, "forward", accounts[i].forward);
  for (std::size_t i = accounts.size(); i-- > 0;)
    add_call(run.pipeline().calls[i].name, "backward", accounts[i].backward);
}

void Profile::add_call(const std::string& name, const char* direction, const CallWork& call) {
  if (call.last.count == 0) return;
  row(name, direction).work += call.last;
  trace(name, direction, call.began, call.last);
  Work counted = call.last;
  counted.seconds = 0;
  step_work_ += counted;
}

void Profile::add(const std::string& name, WorkClock::time_point began, const Work& work) {
  if (stages_.empty()) begin_stage("");  // evaluations of a recipe that trains nothing
  Work timed = work;
  timed.count = 1;
  timed.seconds = seconds_since(began);
  Row& total = row(name, "");
  total.in_step = in_step_;
  total.work += timed;
  trace(name, in_step_ ? "update" : "between steps", began, timed);
}

void Profile::trace(const std::string& name, const char* category, WorkClock::time_point began,
                    const Work& work) {
  if (stage_steps_ > kTracedSteps) return;
  nlohmann::json event = {{"name", name},
                          {"cat", category},
                          {"ph", "X"},
                          {"ts", microseconds(began)},
                          {"dur", work.seconds * 1e6},
                          {"pid", 1},
                          {"tid", 1}};
  event["args"] = {{"step", step_}};
  if (!stages_.back().name.empty()) event["args"]["stage"] = stages_.back().name;
  add_work(event["args"], work, peak_);
  events_.push_back(std::move(event));
}

Profile::Row& Profile::row(std::string_view name, std::string_view direction) {
  std::vector<Row>& rows = stages_.back().rows;
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& known) {
    return known.name == name && known.direction == direction;
  });
  if (found != rows.end()) return *found;
  Row& made = rows.emplace_back();
  made.name = name;
  made.direction = direction;
  return made;
}

double Profile::microseconds(WorkClock::time_point time) const {
  return std::chrono::duration<double, std::micro>(time - began_).count();
}

nlohmann::json Profile::row_json(const Row& row, const Stage& stage) const {
  nlohmann::json json = {{"name", row.name},
                         {"direction", row.direction},
                         {"count", row.work.count},
                         {"seconds", row.work.seconds}};
  if (row.in_step) json["share_of_step"] = per_second(row.work.seconds, stage.steps.seconds);
  add_work(json, row.work, peak_);
  return json;
}

nlohmann::json Profile::totals() const {
  nlohmann::json stages = nlohmann::json::array();
  for (const Stage& stage : stages_) {
    nlohmann::json rows = nlohmann::json::array();
    for (const Row& row : stage.rows) rows.push_back(row_json(row, stage));
    nlohmann::json json = {{"stage", stage.name},
                           {"steps", stage.steps.count},
                           {"traced_steps", std::min(stage.steps.count, kTracedSteps)},
                           {"seconds", stage.steps.seconds},
                           {"rows", rows}};
    add_work(json, stage.steps, peak_);
    stages.push_back(std::move(json));
  }
  return {{"gemm_flops_per_second", {{"f32", peak_.f32}, {"bf16", peak_.bf16}}}, {"stages", stages}};
}

std::string Profile::stage_table(const Stage& stage) const {
  std::size_t width = std::string_view("whole step").size();
  for (const Row& row : stage.rows) width = std::max(width, row.name.size());
  std::string text = fmt::format("  {:<{}}  {:<9}{:>7}{:>10}{:>10}{:>9}{:>10}{:>8}{:>9}\n", "call", width, "",
                                 "count", "total", "each", "of step", "GFLOP/s", "GB/s", "of peak");
  const auto line = [&](const Row& row, const std::string& of_step) {
    const Work& work = row.work;
    const auto share = share_of_peak(work, peak_);
    text += fmt::format("  {:<{}}  {:<9}{:>7}{:>10}{:>10}{:>9}{:>10}{:>8}{:>9}\n", row.name, width,
                        row.direction, work.count, time_text(work.seconds),
                        time_text(work.seconds / static_cast<double>(std::max<std::int64_t>(work.count, 1))),
                        of_step, giga(per_second(work.all_flops(), work.seconds)),
                        giga(per_second(work.bytes, work.seconds)), share ? share_text(*share) : "");
    text.erase(text.find_last_not_of(" \n") + 1);
    text += '\n';
  };
  for (const Row& row : stage.rows)
    if (row.in_step) line(row, share_text(per_second(row.work.seconds, stage.steps.seconds)));
  if (stage.steps.count > 0) line({"whole step", "", true, stage.steps}, "");
  for (const Row& row : stage.rows)
    if (!row.in_step) line(row, "");
  return text;
}

std::string Profile::table() const {
  std::string text;
  for (const Stage& stage : stages_) {
    text += fmt::format("profile{}, {} step{}", stage.name.empty() ? "" : " of " + stage.name,
                        stage.steps.count, stage.steps.count == 1 ? "" : "s");
    text += "; GEMM peak " + to_text(peak_) + "\n" + stage_table(stage);
  }
  return text;
}

void Profile::write(const std::filesystem::path& path) const {
  const nlohmann::json document = {
      {"traceEvents", events_}, {"displayTimeUnit", "ms"}, {"otherData", totals()}};
  write_file_atomically(path, document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace gistmill
