// Label files of made-up sessions, written through the store: contexts that random actions opened and closed,
// and utilities that follow from the vectors by a rule that a lensnet can learn.
#pragma once

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/random.hpp>

#include "plugins/focus/common/working_context.hpp"
#include "plugins/store/focus-labels/store.hpp"
#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::labels::test {

struct SyntheticSizes {
  std::int64_t sessions = 3;
  std::int64_t blocks = 12;  // of each
  std::int64_t block = 4;    // K
  std::int64_t hidden = 6;   // D
  std::int64_t budget = 24;
  std::int64_t protected_tail = 4;
  bool with_kl = true;
};

// One session as it grows.
class SyntheticSession {
 public:
  SyntheticSession(std::int32_t number, const SyntheticSizes& sizes)
      : number_(number),
        sizes_(sizes),
        random_(static_cast<std::uint64_t>(number) + 17),
        context_({sizes.block, sizes.budget, sizes.protected_tail, focus::Overflow::collapse, 3}) {}

  // The next block, with vectors, and a few actions on what stands before it.
  void grow() {
    ++iteration_;
    for (std::int64_t i = 0; i < sizes_.block; ++i)
      tokens_.push_back(static_cast<std::int32_t>(1000 * number_) +
                        static_cast<std::int32_t>(tokens_.size()));
    for (std::int64_t i = 0; i < sizes_.hidden; ++i) level_1_.push_back(normal());
    if (iteration_ % sizes_.block == 0) add_level_2();
    context_.append_block(static_cast<std::int32_t>(iteration_));
    const std::vector<focus::Swap> swaps = focus::legal_swaps(arrays().entries());
    if (swaps.empty()) return;
    const focus::Swap& swap = swaps[random_.below(swaps.size())];
    if (context_.cost() + swap.cost <= sizes_.budget)
      context_.apply({swap.edit}, static_cast<std::int32_t>(iteration_));
  }

  // The snapshot as it is now; what it points to lives until the next call.
  const Snapshot& snapshot() {
    arrays_ = arrays();
    measure();
    name_ = "doc" + std::to_string(number_);
    snapshot_ = {number_,
                 name_,
                 arrays_.entries(),
                 tokens_.data(),
                 level_1_.data(),
                 level_2_.data(),
                 2.0f + 0.1f * static_cast<float>(iteration_),
                 nll_.data(),
                 sizes_.with_kl ? kl_.data() : nullptr};
    return snapshot_;
  }

  // What keeping an entry's detail is worth: how well its vector fits the newest block's. Nats a token.
  double worth(std::int32_t level, std::int64_t start) const {
    const float* newest = level_1_.data() + level_1_.size() - static_cast<std::size_t>(sizes_.hidden);
    const std::vector<float>& vectors = level == 2 ? level_2_ : level_1_;
    const std::int64_t row = start / focus::width_of(level, sizes_.block);
    double sum = 0;
    for (std::int64_t d = 0; d < sizes_.hidden; ++d)
      sum += static_cast<double>(vectors[static_cast<std::size_t>(row * sizes_.hidden + d)]) *
             static_cast<double>(newest[d]);
    return 0.05 * (1 + std::tanh(sum / std::sqrt(static_cast<double>(sizes_.hidden))));
  }

 private:
  focus::EntryArrays arrays() const { return context_.arrays(static_cast<std::int32_t>(iteration_)); }
  float normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += random_.unit();
    return static_cast<float>(sum);
  }
  void add_level_2() {
    for (std::int64_t d = 0; d < sizes_.hidden; ++d) {
      float sum = 0;
      for (std::int64_t i = iteration_ - sizes_.block; i < iteration_; ++i)
        sum += level_1_[static_cast<std::size_t>(i * sizes_.hidden + d)];
      level_2_.push_back(sum / static_cast<float>(sizes_.block));
    }
  }
  void measure() {
    const focus::Entries entries = arrays_.entries();
    nll_.assign(2 * entries.count, std::nanf(""));
    for (const focus::Swap& swap : focus::legal_swaps(entries)) {
      const bool collapse = swap.edit.direction == focus::Direction::collapse;
      double mean = 0;
      for (std::size_t i = swap.first; i < swap.first + swap.count; ++i)
        mean += worth(entries.levels[i], entries.starts[i]) / static_cast<double>(swap.count);
      nll_[2 * swap.first + (collapse ? 1 : 0)] = static_cast<float>(collapse ? -mean : mean);
    }
    kl_ = nll_;
    for (float& value : kl_) value *= 2;
  }

  std::int32_t number_;
  SyntheticSizes sizes_;
  KeyedRandom random_;
  focus::WorkingContext context_;
  std::int64_t iteration_ = 0;
  std::vector<std::int32_t> tokens_;
  std::vector<float> level_1_, level_2_, nll_, kl_;
  focus::EntryArrays arrays_;
  std::string name_;
  Snapshot snapshot_;
};

inline LabelStore make_store() {
  return LabelStore(
      gistmill::test::PlainOptions({{"horizon", std::int64_t{8}}, {"position", std::string("center")}})
          .get());
}

// As a pipeline gives it.
inline void append(LabelStore& store, const Snapshot& snapshot, std::int64_t hidden) {
  const focus::Entries& entries = snapshot.entries;
  const auto count = static_cast<std::int64_t>(entries.count);
  const std::int64_t blocks = entries.cursor / entries.block;
  const auto numbers = [](const std::int32_t* from, std::int64_t size) {
    return Tensor::of(std::vector<std::int32_t>(from, from + size), {size});
  };
  const auto rows = [](const float* from, std::int64_t size, std::int64_t width) {
    return Tensor::of(std::vector<float>(from, from + size * width), {size, width});
  };
  const auto scalar = [](std::int64_t value) {
    return Tensor::of<std::int32_t>({static_cast<std::int32_t>(value)}, {});
  };
  std::optional<Tensor> kl;
  if (snapshot.utility_kl != nullptr) kl = rows(snapshot.utility_kl, count, 2);
  store.append(numbers(snapshot.tokens, entries.cursor), rows(snapshot.level_1, blocks, hidden),
               rows(snapshot.level_2, blocks / entries.block, hidden), numbers(entries.levels, count),
               numbers(entries.starts, count), numbers(entries.residency, count),
               numbers(entries.last_action, count), rows(snapshot.utility_nll, count, 2), kl,
               Tensor::of<float>({snapshot.base_loss}, {}), scalar(entries.block), scalar(entries.cursor),
               scalar(entries.budget), scalar(entries.protected_tail), scalar(snapshot.session),
               Tensor::of(std::vector<std::uint8_t>(snapshot.name.begin(), snapshot.name.end()),
                          {std::ssize(snapshot.name)}));
}

// A snapshot of each second block of each session.
inline void write_labels(const std::filesystem::path& path, const SyntheticSizes& sizes = {},
                         const std::string& provenance = "{}") {
  LabelStore store = make_store();
  store.begin(path.string(), provenance);
  for (std::int32_t number = 0; number < sizes.sessions; ++number) {
    SyntheticSession session(number, sizes);
    for (std::int64_t i = 1; i <= sizes.blocks; ++i) {
      session.grow();
      if (i % 2 == 0) append(store, session.snapshot(), sizes.hidden);
    }
  }
  store.commit();
}

}  // namespace gistmill::labels::test
