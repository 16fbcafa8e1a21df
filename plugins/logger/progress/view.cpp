// One member function a kind of event. What is drawn over is kept, to put it back below a line that stays.
#include "plugins/logger/progress/view.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

namespace gistmill::progress {
namespace {

using Json = nlohmann::json;

constexpr double kRedraw = 0.1;   // seconds: more often is not seen
constexpr double kNewLoss = 0.1;  // weight of a new loss in the one that is shown
constexpr const char* kErase = "\r\x1b[K";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kPlain = "\x1b[0m";

double number(const Json& json, const char* key, double missing = std::numeric_limits<double>::quiet_NaN()) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : missing;
}

std::int64_t integer(const Json& json, const char* key) {
  const double value = number(json, key, 0.0);
  return std::abs(value) < 9e18 ? static_cast<std::int64_t>(value) : 0;
}

std::string text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? message_text(found->get<std::string>()) : "";
}

bool is_true(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && *found == true;
}

double share(std::int64_t done, std::int64_t count) {
  return count > 0 ? static_cast<double>(done) / static_cast<double>(count) : 0.0;
}

// A recipe without stages trains in one that has no name.
std::string stage_name(const Json& json) {
  const std::string name = text(json, "stage");
  return name.empty() ? "train" : name;
}

std::string list(const Json& json, const char* key) {
  std::string out;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return out;
  for (const Json& word : *found) {
    if (word.is_string()) out += (out.empty() ? "" : ", ") + message_text(word.get<std::string>());
  }
  return out;
}

// "0.256 (0.018)"
std::string estimate(const Json& entry) {
  std::string out = short_number(number(entry, "value"));
  const double error = number(entry, "standard_error");
  return std::isfinite(error) ? out + " (" + short_number(error) + ")" : out;
}

}  // namespace

View::View(Look look, double interval, const std::string& unit)
    : look_(look), interval_(interval), unit_(message_text(unit)) {}

std::string View::on_event(const Json& event, double now, int width) {
  if (!event.is_object()) return "";
  const std::string kind = text(event, "event");
  if (kind == "run_started") return run_started(event);
  if (kind == "stage_started") return stage_started(event, now, width);
  if (kind == "step") return step(event, now, width);
  if (kind == "stage_finished") return stage_finished(event, width);
  if (kind == "progress") return progress(event, now, width);
  if (kind == "evaluation") return evaluation(event);
  if (kind == "decision") return decision(event);
  if (kind == "message") return message(event);
  if (kind == "run_finished") return finish();
  return "";
}

std::string View::finish() {
  if (drawn_.empty()) return "";
  drawn_.clear();
  return passing_ ? kErase : "\n";
}

// "machine  2 threads of AMD EPYC (avx512_bf16), GEMM peak 410 GFLOP/s bf16, 180 GFLOP/s f32"; nothing if the
// peak was not measured.
std::string View::run_started(const Json& event) {
  const auto peak = event.find("gemm_flops_per_second");
  if (peak == event.end() || !peak->is_object()) return "";
  const std::int64_t threads = integer(event, "threads");
  const std::string processor = text(event, "processor");
  const std::string bf16 = text(event, "bf16");
  std::string line =
      fmt::format("machine  {} thread{}{}{} ({}), GEMM peak ", threads, threads == 1 ? "" : "s",
                  processor.empty() ? "" : " of ", processor, bf16.empty() ? "no native bf16" : bf16);
  if (const double flops = number(*peak, "bf16", 0.0); flops > 0)
    line += fmt::format("{:.0f} GFLOP/s bf16, ", flops / 1e9);
  return lasting(line + fmt::format("{:.0f} GFLOP/s f32", number(*peak, "f32", 0.0) / 1e9));
}

std::string View::stage_started(const Json& event, double now, int width) {
  stage_ = stage_name(event);
  step_ = integer(event, "step");
  steps_ = integer(event, "steps");
  utilization_ = 0.0;
  items_ = {};
  pace_ = {};
  stepped_ = false;
  last_plain_ = now;
  if (look_.redraws) {
    return steps_ > 0 ? redraw(drawn_line(stage_, share(step_, steps_), {}, width, look_), now, true) : "";
  }
  std::string line = fmt::format("{}  {} steps", stage_, steps_);
  if (step_ > 0) line += fmt::format(", continues from step {}", step_);
  const std::string trains = list(event, "trains");
  if (!trains.empty())
    line += fmt::format(", trains {}: {:.2f} M parameters", trains, number(event, "parameters", 0.0) / 1e6);
  return line + "\n";
}

std::string View::step(const Json& event, double now, int width) {
  stage_ = stage_name(event);
  step_ = integer(event, "step");
  steps_ = integer(event, "steps");
  utilization_ = number(event, "utilization", 0.0);
  const double seconds = number(event, "seconds");
  items_.add(number(event, "items"), seconds);
  pace_.add(1.0, seconds);
  const double loss = number(event, "loss");
  // A loss that is not finite is shown at once, and does not stay once it is over.
  loss_ = stepped_ && std::isfinite(loss_) && std::isfinite(loss) ? loss_ + kNewLoss * (loss - loss_) : loss;
  stepped_ = true;

  const double left = pace_.known() ? static_cast<double>(steps_ - step_) / pace_.per_second()
                                    : std::numeric_limits<double>::quiet_NaN();
  const auto parts = step_parts(clock(left) + " left");
  if (look_.redraws)
    return redraw(drawn_line(stage_, share(step_, steps_), parts, width, look_), now, step_ == steps_);
  if (now - last_plain_ < interval_) return "";
  last_plain_ = now;
  return plain_line(stage_, share(step_, steps_), parts) + "\n";
}

std::string View::stage_finished(const Json& event, int width) {
  if (!stepped_) return finish();
  const auto parts = step_parts(clock(number(event, "seconds")));
  stepped_ = false;
  if (!look_.redraws) return plain_line(stage_, share(step_, steps_), parts) + "\n";
  drawn_.clear();
  return kErase + drawn_line(stage_, share(step_, steps_), parts, width, look_) + "\n";
}

std::string View::progress(const Json& event, double now, int width) {
  const std::string label = text(event, "text");
  const std::int64_t done = integer(event, "done");
  const std::int64_t count = integer(event, "count");
  const std::vector<Part> parts = {{fmt::format("{}/{}", done, count)}};
  if (look_.redraws) {
    const std::string line = count > 0 ? drawn_line(label, share(done, count), parts, width, look_)
                                       : drawn_line(label, done, width);
    std::string bytes = redraw(line, now, done == count);
    passing_ = passing_ || !bytes.empty();
    return bytes;
  }
  if (now - last_plain_ < interval_) return "";
  last_plain_ = now;
  if (count <= 0) return fmt::format("{}  {}\n", label, done);
  return plain_line(label, share(done, count), parts) + "\n";
}

// The trained variants at the headline figure; all of them where none is trained.
std::string View::evaluation(const Json& event) {
  const auto entries = event.find("entries");
  if (entries == event.end() || !entries->is_array() || entries->empty()) return "";
  std::string headline = text(event, "headline");
  bool any_trained = false;
  for (const Json& entry : *entries) any_trained = any_trained || is_true(entry, "trained");
  if (headline.empty()) headline = text(entries->back(), "figure");
  std::string line = fmt::format("{}  step {}  {}", text(event, "name"), integer(event, "step"), headline);
  for (const Json& entry : *entries) {
    if (text(entry, "figure") != headline || (any_trained && !is_true(entry, "trained"))) continue;
    line += fmt::format("  {} {}", text(entry, "variant"), estimate(entry));
  }
  const std::string before = passing_ ? finish() : "";
  return before + lasting(line);
}

std::string View::decision(const Json& event) {
  return lasting(fmt::format("{} said {} at step {}: {}", text(event, "monitor"), text(event, "action"),
                             integer(event, "step"), text(event, "reason")));
}

std::string View::message(const Json& event) {
  const std::string level = text(event, "level");
  const std::string instance = text(event, "instance");
  std::string head = level == "warning" || level == "error" ? level + ": " : "";
  if (look_.color && !head.empty()) head = (level == "error" ? kRed : kYellow) + head + kPlain;
  return lasting(head + (instance.empty() ? "" : instance + ": ") + text(event, "text"));
}

std::vector<Part> View::step_parts(const std::string& last) const {
  std::vector<Part> parts = {{fmt::format("step {:{}}/{}", step_, std::to_string(steps_).size(), steps_)}};
  if (stepped_) parts.push_back({"loss " + short_number(loss_), 1});
  if (items_.known()) parts.push_back({fmt::format("{:.1f} {}/s", items_.per_second(), unit_), 3});
  if (utilization_ > 0.0) parts.push_back({fmt::format("{:.0f} % of peak", utilization_ * 100.0), 4});
  parts.push_back({last});
  return parts;
}

std::string View::redraw(const std::string& line, double now, bool always) {
  if (!always && !drawn_.empty() && now - last_drawn_ < kRedraw) return "";
  last_drawn_ = now;
  drawn_ = line;
  passing_ = false;
  return kErase + line;
}

std::string View::lasting(const std::string& text) {
  if (!look_.redraws || drawn_.empty()) return text + "\n";
  return kErase + text + "\n" + drawn_;
}

}  // namespace gistmill::progress
