// Sessions for tests: random actions of allocators on random tokens, and the trace that they leave.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/random.hpp>

#include "plugins/focus/common/entries.hpp"
#include "plugins/focus/trace/session.hpp"
#include "plugins/focus/trace/trace_file.hpp"

namespace gistmill::focus::test {

constexpr std::int64_t kBlock = 4;

inline std::vector<std::int32_t> tokens_of(const std::string& name, std::int64_t block, std::int64_t size) {
  std::vector<std::int32_t> tokens;
  for (std::int64_t i = 0; i < size; ++i)
    tokens.push_back(static_cast<std::int32_t>(
        KeyedRandom::at(random_key(1, name, 0, 0), static_cast<std::uint64_t>(block * size + i)) % 1000));
  return tokens;
}

inline std::vector<Edit> random_actions(const WorkingContext& context, std::int32_t iteration,
                                        KeyedRandom& random) {
  const EntryArrays arrays = context.arrays(iteration);
  std::vector<Swap> chosen;
  std::vector<Edit> edits;
  std::int64_t cost = context.cost();
  for (const Swap& swap : legal_swaps(arrays.entries())) {
    bool fits = random.below(6) == 0 && cost + swap.cost <= context.rules().budget;
    for (const Swap& other : chosen) fits = fits && !swap.overlaps(other);
    if (!fits) continue;
    chosen.push_back(swap);
    edits.push_back(swap.edit);
    cost += swap.cost;
  }
  return edits;
}

struct Played {
  std::vector<BlockRecord> records;
  std::vector<WorkingContext> contexts;  // behind each
  std::string text;                      // the trace
};

inline Played played(std::int64_t sessions, std::int64_t blocks, std::uint64_t key, bool with_tokens = true) {
  Played result;
  TraceText trace;
  KeyedRandom random(key);
  for (std::int64_t number = 0; number < sessions; ++number) {
    SessionHead head{"novels/" + std::to_string(number), {kBlock, 40, 8, Overflow::collapse}, Place::center};
    if (number % 2 == 1) head.rules.overflow = Overflow::drop;
    Session session(number, head);
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::vector<std::int32_t> tokens = tokens_of(head.name, block, kBlock);
      session.append(with_tokens ? tokens.data() : nullptr);
      for (std::uint64_t round = random.below(3); round < 3; ++round)
        session.act(random_actions(session.context(), session.iteration(), random));
      std::optional<double> loss;
      if (random.below(2) == 0) loss = 3 * random.unit();
      result.records.push_back(session.record(loss, random.unit()));
      result.contexts.push_back(session.context());
      trace.add(result.records.back());
    }
  }
  result.text = trace.finish();
  return result;
}

}  // namespace gistmill::focus::test
