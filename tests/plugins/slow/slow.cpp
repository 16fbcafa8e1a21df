// A plugin with a call that does not end by itself; see plugin.toml.
#include <gistmill/plugin.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace {

using gistmill::Tensor;

class Slow {
 public:
  explicit Slow(const gistmill::Options& options)
      : step_(options.integer("step")),
        signals_(options.integer("signals")),
        seconds_(options.number("seconds")),
        until_(options.string("until")),
        answers_(options.boolean("answers")) {}

  Tensor pass(const gistmill::Call& call, const Tensor& x) const {
    if (!until_.empty() && !std::filesystem::exists(until_))
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    if (static_cast<std::int64_t>(call.step()) == step_) {
      for (std::int64_t i = 0; i < signals_; ++i) std::raise(SIGINT);
      if (signals_ != 1) wait();
    }
    return Tensor::of(std::vector<float>(x.data<float>(), x.data<float>() + x.size()), {x.size()});
  }

 private:
  void wait() const {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point began = Clock::now();
    while (seconds_ == 0 || std::chrono::duration<double>(Clock::now() - began).count() < seconds_) {
      if (answers_) gistmill::stop_if_canceled();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::int64_t step_;
  std::int64_t signals_;  // 1: the step does not wait
  double seconds_;        // 0: no end
  std::string until_;
  bool answers_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Slow>("test/slow").operation("pass", &Slow::pass));
