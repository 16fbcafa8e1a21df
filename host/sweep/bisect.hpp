// The smallest set of keys between two recipes that moves a figure. Every probe is a frozen point, run as a
// process in the folder that all sweeps share: none is run twice, and one that is interrupted goes on.
#pragma once

#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/diff/diff.hpp"
#include "host/figures/headline.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

struct BisectSettings {
  std::filesystem::path program;       // gistmill
  std::filesystem::path points;        // folder of all points
  std::vector<std::string> arguments;  // of every trial: "--plugins", DIR
  std::string figure;                  // empty: the evaluation's headline
  std::optional<double> tolerance;  // moves of at most this are none; none: half of what lies between the two
};

// What running one recipe came to.
struct ProbeResult {
  std::optional<Headline> measured;  // none: it failed
  int code = 0;
  std::string said;  // of a failed one, the last lines
};

struct Bisection {
  std::vector<KeyDifference> keys;  // that together move the figure; none of them can be left out
  std::size_t differing = 0;        // how many there were
  ProbeResult good;
  ProbeResult bad;
  ProbeResult with_keys;  // GOOD with just these keys
  double tolerance = 0;
  int probes = 0;  // recipes that were asked for, however they ended
};

// A recipe that fails may be `bad`: then failing with the same exit code is what moves. None where `stop` was
// set by a signal: the same call goes on. Throws Failure where the recipes do not differ, `good` fails, or
// both measure the same within the tolerance. `said`: a line for each probe.
std::optional<Bisection> bisect(const Recipe& good, const Recipe& bad, const Registry& registry,
                                const BisectSettings& settings, const volatile std::sig_atomic_t& stop,
                                const std::function<void(const std::string&)>& said);

}  // namespace gistmill
