#include "tests/plugins/allocator/sequence.hpp"

#include <array>

#include "plugins/allocator/baselines/baselines.hpp"
#include "plugins/allocator/greedy/greedy.hpp"
#include "plugins/allocator/oracle/knapsack.hpp"

namespace gistmill::allocator::test {
namespace {

using focus::Direction;
using focus::Edit;
using focus::Swap;

constexpr std::array<const char*, kActs> kNames = {"append", "greedy", "no-cooldown", "recency",
                                                   "random", "oracle", "wild"};

const char* name_of(Act act) { return kNames[static_cast<std::size_t>(act)]; }

std::vector<float> random_scores(KeyedRandom& random, std::size_t count) {
  std::vector<float> scores;
  for (std::size_t i = 0; i < count; ++i) scores.push_back(static_cast<float>(2 * random.unit() - 1));
  return scores;
}

std::vector<Edit> oracle_edits(const focus::Entries& entries, KeyedRandom& random) {
  std::vector<Valued> swaps;
  for (const Swap& swap : free_swaps(entries, {})) swaps.push_back({swap, random.unit() - 0.3});
  return edits_of(
      best_swaps(swaps, entries.count, entries.block, entries.budget - entries.cost(), 1 + random.below(4)));
}

std::vector<Edit> edits_by(Act act, const focus::Entries& entries, std::uint64_t key) {
  KeyedRandom random(key);
  const BaselineRules rules{1 + random.below(6), {static_cast<std::int64_t>(random.below(4)), 0}};
  GreedyRules greedy_rules;
  greedy_rules.max_actions = rules.max_actions;
  if (act == Act::no_cooldown) greedy_rules.hysteresis = {0, 0};
  if (act == Act::recency) return by_recency(entries, rules);
  if (act == Act::random) return by_chance(entries, rules, key);
  if (act == Act::oracle) return oracle_edits(entries, random);
  return greedy(entries, random_scores(random, entries.count).data(), greedy_rules);
}

std::vector<Edit> wild_edits(std::size_t count, std::uint64_t key) {
  KeyedRandom random(key);
  std::vector<Edit> edits(random.below(4));
  for (Edit& edit : edits) {
    edit.index = static_cast<std::int64_t>(random.below(count + 2)) - 1;
    edit.direction = random.below(2) == 0 ? Direction::expand : Direction::collapse;
  }
  return edits;
}

// The violation of one step; `over`: the history ends here, for no room can be made.
std::string play(focus::test::Grown& grown, const Step& step, Played& played, const Fault& fault,
                 bool& over) {
  const focus::WorkingContext before = grown.context;
  if (step.act == Act::append) {
    try {
      grown.append(step.key);
    } catch (const focus::ContextError&) {
      over = true;
      return grown.context == before ? "" : "an append that was refused left something behind";
    }
    return grown.broken();
  }
  const focus::EntryArrays arrays = grown.context.arrays(grown.iteration);
  const bool wild = step.act == Act::wild;
  std::vector<Edit> edits =
      wild ? wild_edits(arrays.levels.size(), step.key) : edits_by(step.act, arrays.entries(), step.key);
  if (fault && !wild) edits = fault(std::move(edits));
  try {
    grown.context.apply(edits, grown.iteration);
  } catch (const focus::ContextError& error) {
    if (!(grown.context == before)) return "edits that were refused left something behind";
    ++played.refused;
    return wild ? "" : std::string("its actions were refused: ") + error.what();
  }
  (wild ? played.accepted : played.edits) += edits.size();
  return grown.broken(focus::Change{before, edits});
}

}  // namespace

Sequence random_sequence(std::uint64_t key) {
  KeyedRandom random(key);
  Sequence sequence{focus::test::random_rules(random), {}};
  sequence.steps.resize(1 + random.below(24));
  for (Step& step : sequence.steps) {
    step.act = random.below(2) == 0 ? Act::append : static_cast<Act>(random.below(kActs));
    step.key = random.next();
  }
  return sequence;
}

std::string violation(const Sequence& sequence, Played& played, const Fault& fault) {
  focus::test::Grown grown(sequence.rules);
  bool over = false;
  for (std::size_t i = 0; i < sequence.steps.size() && !over; ++i) {
    ++played.steps;
    const std::string broken = play(grown, sequence.steps[i], played, fault, over);
    if (!broken.empty())
      return "step " + std::to_string(i) + " (" + name_of(sequence.steps[i].act) + "): " + broken;
  }
  return "";
}

Sequence shrunk(Sequence sequence, const Fault& fault) {
  Played ignored;
  for (std::size_t size = sequence.steps.size(); size > 0; size = size > 1 ? (size + 1) / 2 : 0) {
    for (std::size_t at = 0; at + size <= sequence.steps.size();) {
      Sequence shorter = sequence;
      const auto first = shorter.steps.begin() + static_cast<std::ptrdiff_t>(at);
      shorter.steps.erase(first, first + static_cast<std::ptrdiff_t>(size));
      if (violation(shorter, ignored, fault).empty()) {
        ++at;
      } else {
        sequence = std::move(shorter);
      }
    }
  }
  return sequence;
}

std::string text(const Sequence& sequence, const Fault& fault) {
  const focus::ContextRules& rules = sequence.rules;
  std::string text = "block " + std::to_string(rules.block) + ", budget " + std::to_string(rules.budget) +
                     ", tail " + std::to_string(rules.protected_tail) +
                     (rules.overflow == focus::Overflow::drop ? ", drop" : ", collapse") + "\n";
  focus::test::Grown grown(rules);
  Played ignored;
  bool over = false;
  for (std::size_t i = 0; i < sequence.steps.size() && !over; ++i) {
    const Step& step = sequence.steps[i];
    const std::string broken = play(grown, step, ignored, fault, over);
    text += "  " + std::to_string(i) + " " + name_of(step.act) + " " + std::to_string(step.key) + " -> " +
            grown.context.text() + (broken.empty() ? "" : "  BROKEN " + broken) + "\n";
  }
  return text;
}

}  // namespace gistmill::allocator::test
