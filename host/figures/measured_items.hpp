// The single items of an evaluation, kept beside a run so that another run which measured the same items can
// be compared item by item: items/heldout.jsonl, items/STAGE/heldout.jsonl (docs/events.md). Not for
// estimates of one run: those are evaluation.hpp's.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/figures/evaluation.hpp"

namespace gistmill {

struct MeasuredItems {
  std::string stage;  // empty: not part of a stage
  EvaluationRows rows;
};

// Where `evaluation` of `stage` is kept in a run folder.
std::filesystem::path items_file(const std::filesystem::path& run_folder, const std::string& stage,
                                 const std::string& evaluation);

// Writes `path` whole or not at all, and makes the folders around it. Throws Failure (ExitCode::failed).
void write_items(const std::filesystem::path& path, const MeasuredItems& items);

// Throws Failure (ExitCode::failed) where the file cannot be read, or is none that write_items wrote.
MeasuredItems read_items(const std::filesystem::path& path);

// All of a run folder, in the order of their paths; none where it keeps none. Throws Failure as read_items.
std::vector<MeasuredItems> read_items_of(const std::filesystem::path& run_folder);

// The evaluation of that name and stage, or null.
const MeasuredItems* find_items(const std::vector<MeasuredItems>& all, std::string_view stage,
                                std::string_view evaluation);

// One figure of one row of a run's items: what is compared with another.
struct ItemsOf {
  const MeasuredItems* run = nullptr;
  std::string variant;
  std::string figure;
};

// Values of the items that both measured, in the order of the first.
struct SharedItems {
  std::vector<std::string> keys;
  std::vector<double> first;
  std::vector<double> second;
  std::vector<std::int64_t> clusters;
  std::int64_t not_shared = 0;  // measured by only one of the two
};

// Empty where either has no such variant or figure, or its items have no keys.
SharedItems shared_items(const ItemsOf& first, const ItemsOf& second);

// The figure of `second` less that of `first` over the items that both measured. None where fewer than two
// are.
std::optional<Estimate> paired_change(const ItemsOf& first, const ItemsOf& second, Aggregate aggregate);

struct ItemPair {
  ItemsOf first;
  ItemsOf second;
};

// The mean of that over several pairs. An item that several pairs share varies with itself: its error does
// not shrink with the number of pairs. Estimate::items counts each item once. None where a pair shares
// nothing, or the figure is neither a mean nor a sum and there are several pairs.
std::optional<Estimate> mean_paired_change(const std::vector<ItemPair>& pairs, Aggregate aggregate);

}  // namespace gistmill
