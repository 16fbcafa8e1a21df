// What a preparation that is stopped goes on from: how many items are done, and the state of every instance
// that has one (gm.state/1), the store's with what it was given. For pipelines whose stateful components all
// keep theirs; others begin anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "host/prepare/preparation.hpp"

namespace gistmill {

class KeptProgress {
 public:
  // Of the preparation of `file`, which is `identity`. All are started; `made` outlives this.
  KeptProgress(const Preparation& made, const PlannedPipeline& pipeline, const std::filesystem::path& file,
               std::string identity);

  // Whether this pipeline can go on.
  bool possible() const { return possible_; }

  // The items that are done: after begin of the store, before the first. 0 where nothing was kept, or not of
  // this identity, or it was damaged, which `listener` hears. Throws Failure where it loads by half.
  std::uint64_t load(const PrepareListener& listener);

  // Whether it is time to save.
  bool due() const;
  // After so many items, where this pipeline can go on. Throws Failure.
  void save(std::uint64_t done);
  std::uint64_t saved() const { return saved_; }  // items

  // The file appeared, or what was kept is of no use.
  void remove();

 private:
  using Clock = std::chrono::steady_clock;

  const Preparation& made_;
  std::filesystem::path path_;
  std::string identity_;
  bool possible_;
  std::uint64_t saved_ = 0;
  Clock::time_point saved_at_ = Clock::now();
};

}  // namespace gistmill
