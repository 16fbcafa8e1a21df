// From the rows that an evaluation measured to its table: one entry for each variant and figure.
// Not for showing it (text_table.hpp, html_page.hpp) nor for files (summary.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/figures/figure.hpp"
#include "host/figures/published.hpp"
#include "host/figures/statistics.hpp"
#include "host/figures/target.hpp"

namespace gistmill {

// What was measured: every variant on the same items.
struct EvaluationRows {
  struct Variant {
    std::string name;                       // "last 4 in place"
    std::string binding_of;                 // measures the binding gap of that variant; empty: an own entry
    bool trained = false;                   // has parameters that were trained, and is no end of a scale
    std::vector<std::vector<double>> rows;  // [figure][item]; NaN: the item has no value for the figure
    std::vector<std::int64_t> clusters;     // [item]: number of the cluster that it is from
    // [item]: what tells the item from others, the same in every run that measures it, each once; empty:
    // nothing does.
    std::vector<std::string> keys = {};
    std::vector<Published> published = {};  // of its figures
  };
  std::string name;             // "heldout"
  std::vector<Figure> figures;  // in the order of the rows
  std::vector<Variant> variants;
  std::string reference;  // variant whose mean counts as nothing recovered; empty: none
  std::string ceiling;    // variant whose mean counts as everything recovered; empty: the figure's ideal
  std::string paired;     // variant that differences are taken to; empty: none
  std::string headline;   // figure that sentences and bars are about; empty: the last one
  std::vector<Target> targets;  // of its figures
  std::string items = "spans";  // what the items are called
  std::string cluster;  // what a cluster is called, singular; empty: every item is a cluster of its own
  IntervalKind interval = IntervalKind::student;
};

struct EvaluationEntry {
  std::string variant;
  std::string figure;
  bool trained = false;
  Estimate measured;  // the mean, or what else the figure's manifest says
  // 1 - measured / the reference's, where the ideal is 0; between the reference's and the ceiling's, where
  // there is a ceiling. None where neither it nor an ideal is known.
  std::optional<Estimate> recovered;
  std::optional<Estimate> paired;       // measured less the paired variant's
  std::optional<Estimate> binding_gap;  // cost of another item's gist in place of the own one: above 0, worse
  std::optional<Published> published = {};
};

struct EvaluationTable {
  std::string name;
  std::string stage;      // empty: not part of a stage
  std::int64_t step = 0;  // optimizer steps done when it was made
  std::string reference;
  std::string ceiling;
  std::string paired;
  std::string headline;
  std::vector<Target> targets;
  std::string items = "spans";
  std::string cluster;                   // as in EvaluationRows
  std::vector<Figure> described;         // what manifests say of the figures; a figure may lack
  std::vector<EvaluationEntry> entries;  // figures within variants, both in the order of the rows

  // The figure of that name; one that nobody described is a mean, and lower is better.
  Figure figure(std::string_view figure_name) const;
  std::vector<std::string> figures() const;   // names, each once, in order
  std::vector<std::string> variants() const;  // each once, in order
  std::string headline_figure() const;        // `headline`, or the last figure; "" without entries
  // Whether every variant has the very same value of it, as of what is computed before variants part, where
  // other figures tell them apart. False where a target or a published value stands beside it.
  bool is_shared(std::string_view figure) const;
  // Null where there is none. The pointers are valid as long as the table is unchanged.
  const Target* target(std::string_view figure) const;
  const EvaluationEntry* find(std::string_view variant, std::string_view figure) const;
  // None where the entry's figure has no target, the entry no value, or the target is held against this very
  // variant or one that is not there.
  std::optional<Verdict> verdict(const EvaluationEntry& entry) const;
};

// The table of `rows`, with empty stage and step 0. Throws Failure:
// - ExitCode::numerics where a value is infinite, or NaN in one variant and a number in another where the
//   figure is no count;
// - ExitCode::failed where variants that are compared saw different items, a row has another length than
//   its clusters, or a reference, ceiling, paired or binding name is none of the variants'.
EvaluationTable evaluate(const EvaluationRows& rows);

}  // namespace gistmill
