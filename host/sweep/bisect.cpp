#include "host/sweep/bisect.hpp"

#include <unistd.h>

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/diagnostic/failure.hpp"
#include "host/diff/mixed_recipe.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"
#include "host/sweep/delta_debugging.hpp"
#include "host/sweep/frozen_point.hpp"
#include "host/sweep/trial.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr useconds_t kPause = 50'000;  // while another process runs the same point

struct Stopped {};

class Bisecting {
 public:
  Bisecting(const Recipe& good, const Recipe& bad, const Registry& registry, const BisectSettings& settings,
            const volatile std::sig_atomic_t& stop, const std::function<void(const std::string&)>& said)
      : good_(good), bad_(bad), registry_(registry), settings_(settings), stop_(stop), said_(said) {
    keys_ = differing_keys(good, bad);
    found_.differing = keys_.size();
  }

  Bisection run() {
    if (keys_.empty())
      throw Failure(ExitCode::failed, "the two recipes do not differ: there is nothing to bisect");
    measure_both();
    const Changes changes =
        smallest_bad_set(keys_.size(), [this](const Changes& some) { return outcome_of(some); });
    for (const std::size_t change : changes) found_.keys.push_back(keys_[change]);
    found_.with_keys = changes.size() == keys_.size() ? found_.bad : probe(mixed(changes));
    return std::move(found_);
  }

 private:
  std::string mixed(const Changes& changes) const {
    std::vector<std::string> keys;
    for (const std::size_t change : changes) keys.push_back(keys_[change].key);
    return mixed_text(good_, bad_, keys);
  }

  // The two ends, and how far they lie apart.
  void measure_both() {
    said_("GOOD");
    found_.good = probe(mixed_text(good_, bad_, {}));
    if (!found_.good.measured) {
      throw Failure(ExitCode::failed, "the good recipe fails, so nothing tells what makes the other one fail",
                    {found_.good.said});
    }
    said_("BAD");
    found_.bad = probe(mixed_text(bad_, good_, {}));
    if (!found_.bad.measured) return;
    const double distance = std::abs(found_.bad.measured->value - found_.good.measured->value);
    found_.tolerance = settings_.tolerance.value_or(distance / 2);
    if (distance > found_.tolerance) return;
    throw Failure(
        ExitCode::failed,
        fmt::format("{} is {:.4g} with the one and {:.4g} with the other recipe: they do not differ by "
                    "more than {:.4g}",
                    found_.good.measured->figure.name, found_.good.measured->value,
                    found_.bad.measured->value, found_.tolerance));
  }

  Outcome outcome_of(const Changes& changes) {
    std::vector<std::string> keys;
    for (const std::size_t change : changes) keys.push_back(keys_[change].key);
    said_(fmt::format("with {} of {} keys: {}", keys.size(), keys_.size(), fmt::join(keys, " ")));
    ProbeResult result;
    try {
      result = probe(mixed(changes));
    } catch (const Failure& failure) {  // these keys alone are no recipe
      said_(fmt::format("  cannot be applied alone: {}", failure.message()));
      return Outcome::unresolved;
    }
    return judge(result);
  }

  Outcome judge(const ProbeResult& result) const {
    if (!found_.bad.measured) {
      if (result.measured) return Outcome::good;
      return result.code == found_.bad.code ? Outcome::bad : Outcome::unresolved;
    }
    if (!result.measured) return Outcome::unresolved;
    const double from = found_.good.measured->value;
    const double moved = result.measured->value - from;
    const bool same_way = (moved > 0) == (found_.bad.measured->value > from);
    return same_way && std::abs(moved) > found_.tolerance ? Outcome::bad : Outcome::good;
  }

  // Throws Failure where `recipe` is none.
  ProbeResult probe(const std::string& recipe) {
    ++found_.probes;
    make_folders(settings_.points);
    const fs::path file = settings_.points / fmt::format("bisect-{}.toml", getpid());
    write_file_atomically(file, recipe);
    FrozenPoint point;
    try {
      point = PointFreezer(file, {}, registry_, settings_.figure).freeze({});
    } catch (...) {
      fs::remove(file);
      throw;
    }
    fs::remove(file);
    ProbeResult result = run_point(point);
    const std::string came =
        result.measured ? fmt::format("{} = {:.4g}", result.measured->figure.name, result.measured->value)
                        : fmt::format("failed with exit code {}", result.code);
    said_(fmt::format("  {}  {}", point.id, came));
    return result;
  }

  ProbeResult run_point(const FrozenPoint& point) {
    const fs::path folder = point_folder(settings_.points, point.id);
    for (;; usleep(kPause)) {
      if (stop_ != 0) throw Stopped();
      const auto lock = lock_point(folder);
      if (!lock) continue;
      ProbeResult result;
      if (!is_finished(folder)) {
        write_point(folder, point.recipe);
        const TrialEnd end =
            Trial(settings_.program, folder, fs::current_path(), settings_.arguments, *lock).wait(stop_);
        if (end.code == static_cast<int>(ExitCode::stopped) || stop_ != 0) throw Stopped();
        if (end.code != 0) {
          result.code = end.signal != 0 ? 128 + end.signal : end.code;
          result.said = end.said;
          return result;
        }
      }
      result.measured = headline_of(read_summary(folder / "summary.json"), settings_.figure, "");
      return result;
    }
  }

  const Recipe& good_;
  const Recipe& bad_;
  const Registry& registry_;
  const BisectSettings& settings_;
  const volatile std::sig_atomic_t& stop_;
  const std::function<void(const std::string&)>& said_;
  std::vector<KeyDifference> keys_;
  Bisection found_;
};

}  // namespace

std::optional<Bisection> bisect(const Recipe& good, const Recipe& bad, const Registry& registry,
                                const BisectSettings& settings, const volatile std::sig_atomic_t& stop,
                                const std::function<void(const std::string&)>& said) {
  try {
    return Bisecting(good, bad, registry, settings, stop, said).run();
  } catch (const Stopped&) {
    return std::nullopt;
  }
}

}  // namespace gistmill
