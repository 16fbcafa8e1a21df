// One function for each line; a line that has nothing to say is left out.
#include "host/watch/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include <gistmill/text/shown.hpp>
#include <gistmill/text/utf8.hpp>

#include "host/figures/wording.hpp"
#include "host/watch/progress.hpp"
#include "host/watch/sparkline.hpp"

namespace gistmill {

namespace {

using Lines = std::vector<std::string>;

constexpr int kLabel = 9;        // columns of the first word of a line
constexpr int kLargestBar = 30;  // cells
constexpr int kLargestChart = 60;
constexpr double kSilent = 30.0;  // seconds without an event that are worth a word

int columns_of(const std::string& text) { return static_cast<int>(text::columns(text)); }

// Text of a recipe or a plugin, on one line and safe to print.
std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\t', ' ');
  return text::printable(text);
}

std::string cut(const std::string& text, int columns) {
  std::string out;
  int used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    const std::string character(rest.substr(0, text::first_character(rest).size));
    used += columns_of(character);
    if (used > columns) break;
    out += character;
    at += character.size();
  }
  return out;
}

std::string padded(const std::string& label, int columns) {
  const std::string shown = cut(label, columns - 1);
  return shown + std::string(static_cast<std::size_t>(columns - columns_of(shown)), ' ');
}

// `text` behind `label`, on at most `most` lines.
Lines wrapped(const std::string& label, const std::string& text, int columns, int most) {
  Lines lines;
  std::string line = padded(label, kLabel);
  bool empty = true;
  std::istringstream words(on_one_line(text));
  for (std::string word; words >> word;) {
    if (!empty && columns_of(line) + 1 + columns_of(word) > columns) {
      lines.push_back(cut(line, columns));
      line = std::string(kLabel, ' ');
      empty = true;
    }
    line += (empty ? "" : " ") + word;
    empty = false;
  }
  lines.push_back(cut(line, columns));
  if (lines.size() > static_cast<std::size_t>(most)) lines.resize(static_cast<std::size_t>(most));
  return lines;
}

// A failure as it was told: its lines stay lines, so that the marker of an excerpt stays under its place.
Lines as_told(const std::string& label, const std::string& text, int columns, int most) {
  Lines lines;
  std::istringstream told(text);
  for (std::string line; std::getline(told, line) && lines.size() < static_cast<std::size_t>(most);) {
    const std::string front = lines.empty() ? padded(label, kLabel) : std::string(kLabel, ' ');
    lines.push_back(cut(front + on_one_line(line), columns));
  }
  return lines;
}

std::string bar(double share, int cells, bool utf8) {
  static constexpr std::array kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double filled = std::clamp(share, 0.0, 1.0) * cells;
  const int full = static_cast<int>(filled);
  std::string out;
  for (int cell = 0; cell < full; ++cell) out += utf8 ? "█" : "#";
  const auto eighths = utf8 ? static_cast<std::size_t>((filled - full) * 8.0) : 0;
  out += kEighths.at(eighths);
  const auto blank = static_cast<std::size_t>(cells - full - (eighths > 0 ? 1 : 0));
  return out + std::string(blank, utf8 ? ' ' : '.');
}

// Three digits that matter.
std::string number(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : (value > 0 ? "inf" : "-inf");
  return std::abs(value) < 999.5 ? fmt::format("{:#.3g}", value) : short_count(value);
}

std::string title(const RunProgress& progress, const std::string& name) {
  std::string line = fmt::format("{}  {}", on_one_line(name), on_one_line(progress.status));
  if (progress.seconds > 0.0) line += "  " + duration(progress.seconds);
  if (progress.silent_seconds >= kSilent)
    line += fmt::format("  (no event for {})", duration(progress.silent_seconds));
  return line;
}

std::string stage_line(const StageProgress& stage, const RunProgress& progress, int label,
                       const WatchLook& look) {
  const double share = static_cast<double>(stage.step) / static_cast<double>(stage.steps);
  const bool current =
      progress.current != nullptr && (progress.current->name == stage.name || progress.stages.size() == 1);
  std::string tail = fmt::format(" {:3.0f} %  {}/{}", std::floor(share * 100.0), stage.step, stage.steps);
  if (stage.finished && stage.step < stage.steps) tail += "  done";
  if (current && std::isfinite(progress.seconds_left))
    tail += fmt::format("  {} left", duration(progress.seconds_left));
  const int cells = std::min(kLargestBar, look.columns - label - columns_of(tail));
  return padded(on_one_line(stage.name), label) + (cells >= 5 ? bar(share, cells, look.utf8) : "") + tail;
}

std::string loss_line(const RunProgress& progress, const WatchLook& look) {
  std::vector<double> losses;
  for (const StepPoint& point : progress.current->points) losses.push_back(point.loss);
  const std::string line = padded("loss", kLabel) + number(progress.pace.loss) + "  ";
  return line + sparkline(losses, std::min(kLargestChart, look.columns - columns_of(line)), look.utf8);
}

std::string pace_line(const RunProgress& progress, std::uint64_t memory) {
  const Pace& pace = progress.pace;
  std::string line;
  const auto add = [&line](const std::string& part) { line += (line.empty() ? "" : "  ") + part; };
  if (pace.items_per_second > 0.0) add(number(pace.items_per_second) + " items/s");
  if (std::isfinite(pace.utilization)) add(percent(pace.utilization) + " of peak");
  if (std::isfinite(pace.seconds_per_step)) add(number(pace.seconds_per_step) + " s a step");
  if (memory > 0) add(text::bytes_text(memory));
  return padded("pace", kLabel) + line;
}

// The first sentence about a trained variant; without one, the headline figure of every variant.
std::string headline(const EvaluationTable& table) {
  const std::vector<std::string> sentences = outcomes(table);
  if (!sentences.empty()) return sentences.back();
  const std::string figure = table.headline_figure();
  std::string text = figure;
  for (const EvaluationEntry& entry : table.entries) {
    if (entry.figure == figure)
      text += fmt::format("{} {} {}", &entry == &table.entries.front() ? "" : ",", entry.variant,
                          with_error(entry.measured, table.figure(figure).spec.aggregate));
  }
  return text;
}

// One line of text is wrapped; several stay as they are.
Lines failure_lines(const std::string& failure, int columns) {
  constexpr int kMost = 6;
  return failure.find('\n') == std::string::npos ? wrapped("failure", failure, columns, kMost)
                                                 : as_told("failure", failure, columns, kMost);
}

std::string saved_line(const CheckpointRecord& checkpoint) {
  return padded("saved", kLabel) + (checkpoint.stage.empty() ? "" : on_one_line(checkpoint.stage) + ", ") +
         fmt::format("step {}{}", checkpoint.step, checkpoint.best ? ", the best so far" : "");
}

void add_all(Lines& lines, Lines more) {
  for (std::string& line : more) lines.push_back(std::move(line));
}

}  // namespace

Lines watch_lines(const RunRecord& record, const std::string& name, double now, const WatchLook& look) {
  const RunProgress progress = progress_of(record, now);
  Lines lines = {title(progress, name)};
  int label = kLabel;
  for (const StageProgress& stage : progress.stages)
    label = std::max(label, std::min(columns_of(on_one_line(stage.name)), 15) + 1);
  for (const StageProgress& stage : progress.stages)
    lines.push_back(stage_line(stage, progress, label, look));
  if (progress.current != nullptr) {
    lines.push_back(loss_line(progress, look));
    lines.push_back(pace_line(progress, record.peak_memory_bytes));
  }
  if (progress.evaluation != nullptr)
    add_all(lines,
            wrapped(on_one_line(progress.evaluation->name), headline(*progress.evaluation), look.columns, 3));
  if (progress.checkpoint != nullptr) lines.push_back(saved_line(*progress.checkpoint));
  if (!record.decisions.empty()) {
    const std::size_t all = record.decisions.size();
    const std::string count = all > 1 ? fmt::format("{} decisions, the last: ", all) : "";
    add_all(lines, wrapped("monitor", count + record.decisions.back().text(), look.columns, 3));
  }
  if (progress.last_warning != nullptr) {
    const std::string count =
        progress.warnings > 1 ? fmt::format("{} warnings, the last: ", progress.warnings) : "";
    add_all(lines, wrapped("warning", count + progress.last_warning->text, look.columns, 3));
  }
  if (!record.failure.empty()) add_all(lines, failure_lines(record.failure, look.columns));
  for (std::string& line : lines) line = cut(line, look.columns);
  return lines;
}

}  // namespace gistmill
