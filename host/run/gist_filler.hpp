// Fills a gist store with what a compressor makes of texts: windows over each document, blocks that the store
// does not have yet, a commit every few seconds. The store is a component of the contract gist-store.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/instance/stop_signal.hpp"
#include "host/run/gist_pass.hpp"
#include "host/run/group_pass.hpp"

namespace gistmill {

// Tokens [begin, end) go through the model, and blocks from `first` on are compressed.
struct GistWindow {
  std::int64_t begin = 0;
  std::int64_t first = 0;
  std::int64_t end = 0;
};

// Windows of at most `window` tokens for blocks of `block` tokens in [first, end). In which window a block
// lies, and so what of the text before it is seen, depends on its place alone: a text that grows has the
// gists of one that was read at once. Windows are half a window apart, so that behind the first window every
// block has at least about that much text before it. All are multiples of block, window at least two.
std::vector<GistWindow> gist_windows(std::int64_t first, std::int64_t end, std::int64_t block,
                                     std::int64_t window);

class GistFiller {
 public:
  // All outlive this. groups: what makes gists of gists, or null. keep_above: blocks whose gist is predicted
  // to cost more stay as their tokens, in nats; only with a pass that predicts. talk: lines about progress.
  GistFiller(const Instance& store, GistPass& pass, GroupPass* groups, std::optional<double> keep_above,
             const StopSignal& stop, std::function<void(std::string_view)> talk)
      : store_(store),
        pass_(pass),
        groups_(groups),
        keep_above_(keep_above),
        stop_(stop),
        talk_(std::move(talk)) {}

  struct Filled {
    std::int64_t tokens = 0;           // of the document
    std::int64_t blocks = 0;           // that got a gist
    std::optional<std::int64_t> kept;  // of these, that stay as their tokens; none: not asked for
    std::int64_t groups = 0;           // of blocks, that got one of level 2
  };
  // kept: [tokens], 1 for those that stay beside the gists; or empty. Throws Failure, also
  // (ExitCode::stopped) where a stop was asked for: what is finished is committed.
  Filled fill(const std::string& name, const std::vector<std::int32_t>& tokens,
              const std::vector<std::uint8_t>& kept);

  std::int64_t tokens() const { return tokens_; }  // that were compressed
  double seconds() const { return seconds_; }      // that the compressor took

 private:
  using Clock = std::chrono::steady_clock;

  void compress(const std::vector<std::int32_t>& tokens, const GistWindow& window);
  std::int64_t compress_groups(const std::string& name);
  void rest(const std::string& name, std::int64_t done, std::int64_t end);

  const Instance& store_;
  GistPass& pass_;
  GroupPass* groups_;
  std::optional<double> keep_above_;
  const StopSignal& stop_;
  std::function<void(std::string_view)> talk_;
  std::int64_t tokens_ = 0;
  std::int64_t kept_ = 0;  // blocks of the document
  double seconds_ = 0;
  Clock::time_point committed_ = Clock::now();
  Clock::time_point said_ = Clock::now();
};

}  // namespace gistmill
