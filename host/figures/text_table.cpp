// One grid of columns for the means, the paired differences and the binding gaps of each port.
// Widths count columns of a terminal, not bytes.
#include "host/figures/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include <gistmill/text/utf8.hpp>

#include "host/figures/wording.hpp"

namespace gistmill {
namespace {

// Wide enough for "-0.060 (0.009)", "57.840 [56.251, 59.390]" and " 100 %".
constexpr std::size_t kEstimateWidth = 16;
constexpr std::size_t kIntervalWidth = 26;
constexpr std::size_t kShareWidth = 7;
// Of what stands behind a value of which another was published: "57.779", "+0.061", "agrees".
constexpr std::size_t kPublishedWidth = 12;
constexpr std::size_t kDifferenceWidth = 12;
constexpr std::size_t kAgreesWidth = 10;

const std::string kOthers = "untrained that meet it";

using Cell = std::function<std::string(const EvaluationEntry&)>;

std::string left(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text::columns(text)), ' ');
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text::columns(text)), ' ') + text;
}

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

// The figures of one port with all variants.
class Block {
 public:
  Block(const EvaluationTable& table, std::string port) : table_(table), port_(std::move(port)) {
    for (const std::string& figure : table.figures()) {
      if (split_figure(figure).port == port_) figures_.push_back(figure);
    }
    figure_ = table.figure(figures_.front());
    for (const std::string& variant : table.variants()) {
      label_width_ = std::max(label_width_, text::columns(variant));
    }
    const auto wanted = [&](const std::string& figure) { return table.target(figure) != nullptr; };
    if (std::ranges::any_of(figures_, wanted)) label_width_ = std::max(label_width_, kOthers.size());
    if (any([](const auto& entry) { return entry.measured.interval.has_value(); }))
      estimate_width_ = kIntervalWidth;
  }

  std::string text() const {
    if (std::ranges::all_of(figures_, [this](const auto& figure) { return table_.is_shared(figure); }))
      return shared();
    std::string out = header();
    out += rows([this](const EvaluationEntry& entry) { return with_error(entry.measured, aggregate()); },
                [this](const EvaluationEntry& entry) {
                  const std::string share = entry.recovered ? percent(entry.recovered->value) : "";
                  return right(share, kShareWidth) + (entry.published ? published(entry) : "");
                });
    out += targets();
    const std::string side = figure_.spec.better == Better::lower ? "below" : "above";
    out += comparison("difference from " + table_.paired + ", " + side + " 0 is better",
                      &EvaluationEntry::paired);
    out += comparison("binding gap: another item's gist in place of its own", &EvaluationEntry::binding_gap);
    return out;
  }

 private:
  Aggregate aggregate() const { return figure_.spec.aggregate; }

  template <class Test>
  bool any(const Test& test) const {
    return std::ranges::any_of(table_.entries, [&](const EvaluationEntry& entry) {
      return split_figure(entry.figure).port == port_ && test(entry);
    });
  }

  // Its value, ours less it, and whether that agrees.
  std::string published(const EvaluationEntry& entry) const {
    const auto agreed = agrees(*entry.published, entry.measured.value);
    return right(with_error({entry.published->value, std::nan(""), 0, 0}, aggregate()), kPublishedWidth) +
           right(difference_from(*entry.published, entry.measured, aggregate()), kDifferenceWidth) +
           right(agreed ? (*agreed ? "agrees" : "differs") : "", kAgreesWidth);
  }

  // What stands behind a figure's estimates.
  std::size_t behind_width(const std::string& figure) const {
    const bool beside = any(
        [&](const EvaluationEntry& entry) { return entry.figure == figure && entry.published.has_value(); });
    return kShareWidth + (beside ? kPublishedWidth + kDifferenceWidth + kAgreesWidth : 0);
  }

  // One metric may stand in a table twice, under another name of its own: "delta-NLL in nats,
  // delta_nll_later".
  std::string title() const {
    const std::string title = figure_title(figure_);
    const std::vector<std::string> names = table_.figures();
    const auto first = std::ranges::find_if(
        names, [&](const std::string& name) { return figure_title(table_.figure(name)) == title; });
    return first == names.end() || split_figure(*first).port == port_ ? title : title + ", " + port_;
  }

  // "heldout, 64 samples, NLL in nats (standard error): 1.234 (0.056), whatever the variant"
  std::string shared() const {
    const std::string errors = error_title(table_, port_);
    std::string values;
    for (const std::string& figure : figures_) {
      const std::string column = column_title(table_.figure(figure));
      const EvaluationEntry* entry = table_.find(table_.variants().front(), figure);
      values += (values.empty() ? "" : ", ") + (column.empty() ? "" : column + " ") +
                with_error(entry->measured, aggregate());
    }
    return table_.name + ", " + sample_size(table_) + ", " + title() +
           (errors.empty() ? "" : " (" + errors + ")") + ": " + values + ", whatever the variant\n";
  }

  std::string header() const {
    const std::string errors = error_title(table_, port_);
    const bool shares =
        !table_.reference.empty() && any([](const auto& entry) { return entry.recovered.has_value(); });
    std::string out = table_.name + ", " + sample_size(table_) + ", " + title() +
                      (errors.empty() ? "" : " (" + errors + ")") + (shares ? ", recovered share" : "") +
                      "\n";
    std::string columns = left("", label_width_ + 2);
    for (const std::string& figure : figures_) {
      const bool beside = behind_width(figure) > kShareWidth;
      columns += right(column_title(table_.figure(figure)), estimate_width_) + left("", kShareWidth);
      if (beside)
        columns += right("published", kPublishedWidth) + right("difference", kDifferenceWidth) +
                   left("", kAgreesWidth);
    }
    columns = without_trailing_spaces(columns);
    return columns == "\n" ? out : out + columns;
  }

  // `behind`: what stands behind an estimate, with its own width.
  std::string rows(const Cell& estimate, const Cell& behind) const {
    std::string out;
    for (const std::string& variant : table_.variants()) {
      std::string line = "  " + left(variant, label_width_);
      bool empty = true;
      for (const std::string& figure : figures_) {
        const EvaluationEntry* entry = table_.find(variant, figure);
        const std::string cell = entry != nullptr ? estimate(*entry) : "";
        empty = empty && cell.empty();
        line +=
            right(cell, estimate_width_) + left(entry != nullptr ? behind(*entry) : "", behind_width(figure));
      }
      if (!empty) out += without_trailing_spaces(line);
    }
    return out;
  }

  // What is wanted, whether each trained variant is there, and how many of the others are: a target that most
  // of them meet says little.
  std::string targets() const {
    std::string wanted, bad, others;
    bool any_wanted = false;
    bool any_bad = false;
    for (const std::string& figure : figures_) {
      const Target* target = table_.target(figure);
      any_wanted = any_wanted || target != nullptr;
      any_bad = any_bad || (target != nullptr && target->bad);
      wanted += cell(figure, target != nullptr ? target_text(*target) : "");
      bad += cell(figure, target != nullptr ? bad_text(*target) : "");
      others += cell(figure, untrained_that_meet(figure));
    }
    if (!any_wanted) return "";
    std::string out = line("target", wanted) + (any_bad ? line("bad", bad) : "");
    out += rows(
        [this](const EvaluationEntry& entry) {
          const auto verdict = entry.trained ? table_.verdict(entry) : std::nullopt;
          return verdict ? to_text(*verdict) : "";
        },
        [](const EvaluationEntry&) { return ""; });
    return out + (others.find_first_not_of(' ') != std::string::npos ? line(kOthers, others) : "");
  }

  // "3 of 9"; "" without a target, or without such a variant.
  std::string untrained_that_meet(const std::string& figure) const {
    std::size_t met = 0;
    std::size_t all = 0;
    for (const EvaluationEntry& entry : table_.entries) {
      const auto verdict = entry.figure == figure && !entry.trained ? table_.verdict(entry) : std::nullopt;
      if (!verdict) continue;
      ++all;
      if (*verdict == Verdict::met) ++met;
    }
    return all == 0 ? "" : fmt::format("{} of {}", met, all);
  }

  // One figure's place in a line, without a share.
  std::string cell(const std::string& figure, const std::string& text) const {
    return right(text, estimate_width_) + left("", behind_width(figure));
  }

  std::string line(const std::string& label, const std::string& cells) const {
    return without_trailing_spaces("  " + left(label, label_width_) + cells);
  }

  // Only trained variants: how the untrained ones compare can be read off the means.
  std::string comparison(const std::string& title, std::optional<Estimate> EvaluationEntry::*member) const {
    const std::string body = rows(
        [this, member](const EvaluationEntry& entry) {
          return entry.trained && entry.*member ? signed_with_error(*(entry.*member), aggregate()) : "";
        },
        [](const EvaluationEntry&) { return ""; });
    return body.empty() ? "" : "  " + title + "\n" + body;
  }

  const EvaluationTable& table_;
  std::string port_;
  std::vector<std::string> figures_;
  Figure figure_;  // of all columns but for their labels
  std::size_t label_width_ = 0;
  std::size_t estimate_width_ = kEstimateWidth;
};

}  // namespace

std::string text_table(const EvaluationTable& table) {
  std::vector<std::string> ports;
  for (const std::string& figure : table.figures()) {
    std::string port = split_figure(figure).port;
    if (std::ranges::find(ports, port) == ports.end()) ports.push_back(std::move(port));
  }
  std::string out;
  for (const std::string& port : ports) out += Block(table, port).text();
  for (const std::string& sentence : outcomes(table)) out += sentence + "\n";
  return out;
}

}  // namespace gistmill
