// How a text that is longer than a model reads at once is scored.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace gistmill {

// Tokens [begin, end) go through the model; those in [counted, end) count.
struct ScoreWindow {
  std::int64_t begin;
  std::int64_t end;
  std::int64_t counted;
};

// Windows of `window` tokens. Each ends `stride` tokens after the one before, the last at the end of the
// text. Every token but the first counts once, in the first window that holds it: so after the first window,
// each token has at least window - stride tokens before it. tokens >= 2, window >= 2, 1 <= stride < window.
inline std::vector<ScoreWindow> score_windows(std::int64_t tokens, std::int64_t window, std::int64_t stride) {
  std::vector<ScoreWindow> windows = {{0, std::min(tokens, window), 1}};
  while (windows.back().end < tokens) {
    const std::int64_t counted = windows.back().end;
    const std::int64_t end = std::min(tokens, counted + stride);
    windows.push_back({end - window, end, counted});
  }
  return windows;
}

}  // namespace gistmill
