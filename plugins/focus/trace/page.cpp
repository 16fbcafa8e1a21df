#include "plugins/focus/trace/page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gistmill::focus {
namespace {

constexpr std::size_t kDrawn = 8;  // sessions

constexpr char kStyle[] = R"css(
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1b1f24; --soft: #5d6671; --line: #e3e5e8;
  --l0: #2563c9; --l1: #8fb6ea; --l2: #dbe5f2; --expand: #c2410c; --collapse: #6d28d9; --used: #2a8a5c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1b1f24; --ink: #e4e7eb; --soft: #a3adb8; --line: #2e343b;
    --l0: #6ba1f7; --l1: #365a8f; --l2: #26313f; --expand: #f0954f; --collapse: #c4a5f5; --used: #58c08d;
  }
}
rect { shape-rendering: crispEdges; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; }
h1 { margin: 0 0 0.6rem; font-size: 1.8rem; line-height: 1.2; }
h2 { margin: 2.4rem 0 0.2rem; font-size: 1.1rem; overflow-wrap: anywhere; }
p { margin: 0.3rem 0; } .soft { color: var(--soft); font-size: 0.9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid var(--line); text-align: left; }
th { color: var(--soft); font-weight: 500; font-size: 0.8rem; }
.card { margin: 0.8rem 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
svg { display: block; width: 100%; height: auto; min-width: 36rem; font-size: 12px; }
svg text { fill: var(--soft); }
.l0 { fill: var(--l0); } .l1 { fill: var(--l1); } .l2 { fill: var(--l2); }
.expand { fill: var(--expand); } .collapse { fill: var(--collapse); }
.expand, .collapse { stroke: var(--card); stroke-width: 0.8; }
.room { fill: none; stroke: var(--soft); }
.used { fill: none; stroke: var(--used); stroke-width: 1.6; } .grid { stroke: var(--line); }
.legend span { margin-right: 1.2rem; white-space: nowrap; }
.legend svg { display: inline-block; width: 12px; height: 12px; min-width: 0; margin-right: 0.35rem; vertical-align: -1px; }
@media print { .card { break-inside: avoid; } rect, path, circle { print-color-adjust: exact; } }
)css";

constexpr char kLegend[] =
    "<p class='soft legend'>"
    "<span><svg viewBox='0 0 12 12'><rect class='l0' width='12' height='12'/></svg>tokens</span>"
    "<span><svg viewBox='0 0 12 12'><rect class='l1' width='12' height='12'/></svg>gists of a block</span>"
    "<span><svg viewBox='0 0 12 12'><rect class='l2' width='12' height='12'/></svg>gists of gists</span>"
    "<span><svg viewBox='0 0 12 12'><path class='expand' d='M6 1L11 11L1 11Z'/></svg>expanded</span>"
    "<span><svg viewBox='0 0 12 12'><path class='collapse' d='M6 11L11 1L1 1Z'/></svg>collapsed</span>"
    "<span><svg viewBox='0 0 12 12'><circle class='room' cx='6' cy='6' r='4'/></svg>collapsed to make room"
    "</span></p>\n";

// Names come from a file; control characters go.
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '\'') {
      safe += "&#39;";
    } else if (c == '"') {
      safe += "&quot;";
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      safe += c;
    }
  }
  return safe;
}

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

// A figure over all blocks that have it.
class Summary {
 public:
  void add(double value) { values_.push_back(value); }
  std::string mean() const {
    double sum = 0;
    for (const double value : values_) sum += value;
    return values_.empty() ? "-" : shown(sum / static_cast<double>(values_.size()));
  }
  std::string p95() {
    if (values_.empty()) return "-";
    std::sort(values_.begin(), values_.end());
    const auto rank = std::ceil(0.95 * static_cast<double>(values_.size()));
    return shown(values_[static_cast<std::size_t>(rank) - 1]);
  }

 private:
  std::vector<double> values_;
};

std::string row(const char* name, Summary& figure) {
  return std::string("<tr><td>") + name + "</td><td>" + figure.mean() + "</td><td>" + figure.p95() +
         "</td></tr>\n";
}

std::string table_of(const std::vector<SessionLife>& sessions) {
  Summary loss, swaps, residency, left, latency, used;
  for (const SessionLife& session : sessions) {
    for (const Figures& figures : session.figures()) {
      if (figures.loss_at_h) loss.add(*figures.loss_at_h);
      swaps.add(figures.swap_rate_per_block);
      residency.add(figures.mean_residency_iterations);
      if (figures.left_residency_iterations) left.add(*figures.left_residency_iterations);
      latency.add(figures.latency_ms);
      used.add(figures.token_budget_utilization);
    }
  }
  return "<div class='scroll'><table><tr><th>figure</th><th>mean over blocks</th><th>p95</th></tr>\n" +
         row("loss_at_h, nats", loss) + row("swap_rate_per_block, actions", swaps) +
         row("mean_residency_iterations, of entries in the context", residency) +
         row("left_residency_iterations, of entries that actions took away", left) +
         row("latency_ms", latency) + row("token_budget_utilization", used) + "</table></div>\n";
}

std::string section_of(const SessionLife& session) {
  const SessionHead& head = session.head();
  return "<h2>" + escaped(head.name) + "</h2>\n<p class='soft'>" + std::to_string(session.iterations()) +
         " blocks of " + std::to_string(head.rules.block) + " tokens, a budget of " +
         std::to_string(head.rules.budget) + " rows, " + std::to_string(head.rules.protected_tail) +
         " tokens protected, overflow " + word_of(head.rules.overflow) +
         "; below, the share of the budget that is used</p>\n<div class='card scroll'>\n" +
         picture_of(session) + "</div>\n";
}

}  // namespace

std::string page_of(const std::vector<SessionLife>& sessions) {
  std::int64_t blocks = 0;
  for (const SessionLife& session : sessions) blocks += session.iterations();
  std::string page =
      "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
      "<meta name='viewport' content='width=device-width, initial-scale=1'>\n<title>Focus</title>\n<style>" +
      std::string(kStyle) + "</style>\n</head>\n<body>\n<main>\n<h1>The working context over time</h1>\n<p>" +
      std::to_string(sessions.size()) + (sessions.size() == 1 ? " session, " : " sessions, ") +
      std::to_string(blocks) + " blocks. Time runs to the right, the history grows upward.</p>\n" + kLegend +
      table_of(sessions);
  for (std::size_t i = 0; i < std::min(kDrawn, sessions.size()); ++i) page += section_of(sessions[i]);
  if (sessions.size() > kDrawn) {
    page += "<p class='soft'>" + std::to_string(sessions.size() - kDrawn) +
            " further sessions are in the figures and not drawn.</p>\n";
  }
  return page + "</main>\n</body>\n</html>\n";
}

}  // namespace gistmill::focus
