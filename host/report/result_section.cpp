// The top of the page: what came out, how sure it is, and what it took.
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <filesystem>

#include <gistmill/text/shown.hpp>

#include "host/figures/wording.hpp"
#include "host/report/html_text.hpp"
#include "host/report/page_frame.hpp"
#include "host/report/page_sections.hpp"

namespace gistmill {
namespace {

std::string date(double seconds_since_1970) {
  if (!(seconds_since_1970 > 0.0) || seconds_since_1970 > 4e9) return "";
  const auto time = static_cast<std::time_t>(seconds_since_1970);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min);
}

std::string badge(const RunRecord& record) {
  if (record.status.empty()) return "<span class='badge stopped'>not ended</span>";
  const bool fine = record.status == "finished";
  const bool halted = record.status == "stopped" || record.status == "interrupted";
  return fmt::format("<span class='badge {}'>{}</span>", fine ? "finished" : (halted ? "stopped" : "failed"),
                     escaped(record.status));
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "; ") + part;
  return out;
}

// "Of the cost of dropped, contextual recovers 55 % (3 %). Binding gap: contextual +0.258 (0.021)."
std::string shares(const EvaluationTable& table) {
  std::vector<std::string> recovered;
  std::vector<std::string> gaps;
  const Aggregate aggregate = table.figure(table.headline_figure()).spec.aggregate;
  for (const EvaluationEntry& entry : table.entries) {
    if (!entry.trained || entry.figure != table.headline_figure()) continue;
    if (entry.recovered && std::isfinite(entry.recovered->value)) {
      const std::string error = percent(entry.recovered->standard_error);
      recovered.push_back(fmt::format("{} recovers {}{}", entry.variant, percent(entry.recovered->value),
                                      error == "-" ? "" : " (" + error + ")"));
    }
    if (entry.binding_gap)
      gaps.push_back(entry.variant + " " + signed_with_error(*entry.binding_gap, aggregate));
  }
  std::string out;
  if (!recovered.empty()) {
    const std::string between = table.ceiling.empty()
                                    ? fmt::format("Of the cost of {}", table.reference)
                                    : fmt::format("Of the way from {} to {}", table.reference, table.ceiling);
    out += fmt::format("{}, {}. ", between, join(recovered));
  }
  if (!gaps.empty()) out += fmt::format("Binding gap: {}. ", join(gaps));
  return out;
}

std::string loss_sentence(const StageRecord& stage) {
  if (stage.points.empty()) return "";
  const StepPoint& first = stage.points.front();
  const StepPoint& last = stage.points.back();
  return fmt::format("{}: {} of {} steps, loss {:.3f} at step {}, {:.3f} at step {}",
                     stage.name.empty() ? "training" : stage.name, last.step,
                     std::max(stage.steps, last.step), first.loss, first.step, last.loss, last.step);
}

// "heldout: perplexity of student 15305 (44), teacher 41.359 (4.244)": where nothing trained, so that nobody
// is to be compared with the others.
std::string measured_sentence(const EvaluationTable& table) {
  const std::string headline = table.headline_figure();
  const Figure figure = table.figure(headline);
  std::string measured;
  for (const EvaluationEntry& entry : table.entries) {
    if (entry.figure != headline) continue;
    measured += fmt::format("{}{} {}", measured.empty() ? "" : ", ", entry.variant,
                            with_error(entry.measured, figure.spec.aggregate));
  }
  return measured.empty() ? "" : fmt::format("{}: {} of {}", table.name, figure_title(figure), measured);
}

std::string sentences(const RunRecord& record) {
  std::string out;
  if (!record.failure.empty())
    out += fmt::format("<p class='lead error-level'>{}</p>\n", escaped(record.failure));
  for (const DecisionRecord& decision : record.decisions) {
    if (decision.action == "stop")
      out += fmt::format("<p class='soft'>Ended by a monitor: {}.</p>\n", escaped(decision.text()));
  }
  const EvaluationTable* table = main_evaluation(record);
  const auto lines = table != nullptr ? outcomes(*table) : std::vector<std::string>{};
  for (const std::string& line : lines) out += fmt::format("<p class='lead'>{}.</p>\n", escaped(line));
  if (!lines.empty()) {
    out +=
        fmt::format("<p class='soft'>{}{} on {}.</p>\n", escaped(shares(*table)),
                    table->paired.empty() ? "Measured" : "Paired differences", escaped(sample_size(*table)));
    return out;
  }
  for (const StageRecord& stage : record.stages) {
    const std::string line = loss_sentence(stage);
    if (!line.empty()) out += fmt::format("<p class='lead'>{}.</p>\n", escaped(line));
  }
  if (!out.empty()) return out;
  for (const EvaluationTable& each : record.evaluations) {
    const std::string line = measured_sentence(each);
    if (!line.empty()) out += fmt::format("<p class='lead'>{}.</p>\n", escaped(line));
  }
  if (out.empty()) out = "<p class='lead'>The run has written no result yet.</p>\n";
  return out;
}

std::string tiles(const RunRecord& record) {
  double steps = 0.0;
  double items = 0.0;
  double step_seconds = 0.0;
  double parameters = 0.0;
  for (const StageRecord& stage : record.stages) {
    steps += static_cast<double>(stage.points.size());
    parameters += static_cast<double>(stage.parameters);
    for (const StepPoint& point : stage.points) {
      if (std::isfinite(point.items)) items += point.items;
      if (std::isfinite(point.seconds)) step_seconds += point.seconds;
    }
  }
  const std::string unit = item_word(record);
  std::string out = tile("time", record.seconds > 0.0 ? duration(record.seconds) : "");
  out += tile("steps", short_count(steps)) + tile("trained parameters", short_count(parameters));
  out += tile("trained on", items > 0.0 ? short_count(items) + " " + unit : "");
  out +=
      tile("speed",
           step_seconds > 0.0 && items > 0.0 ? fmt::format("{:.1f} {}/s", items / step_seconds, unit) : "");
  out += tile("peak memory", record.peak_memory_bytes > 0 ? text::bytes_text(record.peak_memory_bytes) : "");
  out += tile("threads", fmt::format("{}", record.threads));
  if (record.started > 0.0) out += fmt::format("<div><dt>seed</dt><dd>{}</dd></div>", record.seed);
  return out.empty() ? "" : "<dl class='tiles'>" + out + "</dl>\n";
}

}  // namespace

const EvaluationTable* main_evaluation(const RunRecord& record) {
  const EvaluationTable* best = nullptr;
  for (const EvaluationTable& table : record.evaluations) {
    if (table.entries.empty()) continue;
    if (best == nullptr || table.variants().size() >= best->variants().size()) best = &table;
  }
  return best;
}

std::string item_word(const RunRecord& record) {
  const EvaluationTable* table = main_evaluation(record);
  return table != nullptr ? table->items : "items";
}

std::string result_section(const RunRecord& record) {
  const std::string name = std::filesystem::path(record.recipe).stem().string();
  std::string where = record.recipe;
  for (const std::string& part : {date(record.started), record.processor}) {
    if (!part.empty()) where += (where.empty() ? "" : " · ") + part;
  }
  if (record.resumptions > 0) {
    where += fmt::format(" · resumed {} time{}", record.resumptions, record.resumptions == 1 ? "" : "s");
  }
  return fmt::format("<header>\n<p class='eyebrow'>{}</p>\n<h1>{}{}</h1>\n{}{}</header>\n", escaped(where),
                     escaped(name.empty() ? "run" : name), badge(record), sentences(record), tiles(record));
}

}  // namespace gistmill
