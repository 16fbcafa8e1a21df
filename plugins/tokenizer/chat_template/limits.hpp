// What running a template may cost. A template comes with a model, from strangers: it ends, and within these.
#pragma once

#include <cstdint>
#include <string>

#include "plugins/tokenizer/chat_template/refusal.hpp"

namespace gistmill::chat_template {

struct Limits {
  std::uint64_t steps = 20'000'000;                // nodes evaluated, items and blocks of text touched
  std::uint64_t bytes = std::uint64_t{256} << 20;  // of all values made, whether they are still there or not
  int calls = 1000;                                // expressions and statements that run within each other
  std::int64_t range = 100'000;                    // items of a range, as Jinja's sandbox has it
};

// Nesting of what is written in a template, and of lists and dictionaries in each other. Values of that depth
// are taken apart by recursion.
constexpr int kMostNesting = 200;

class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}

  void step(std::uint64_t count = 1) {
    steps_ += count;
    if (steps_ > limits_.steps) {
      throw Refusal("the template takes more than " + std::to_string(limits_.steps) + " steps");
    }
  }
  // Before they are spent.
  void spend(std::uint64_t bytes) {
    step(1 + bytes / 256);
    bytes_ += bytes;
    if (bytes > limits_.bytes || bytes_ > limits_.bytes) {
      throw Refusal("the template makes more than " + std::to_string(limits_.bytes >> 20) +
                    " MiB of text and values");
    }
  }
  const Limits& limits() const { return limits_; }

  // One more thing runs within another while this is there.
  class Call {
   public:
    explicit Call(Budget& budget) : budget_(budget) {
      if (++budget.calls_ > budget.limits_.calls) {
        --budget.calls_;
        throw Refusal("the template is nested or calls itself too deep");
      }
    }
    ~Call() { --budget_.calls_; }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    Budget& budget_;
  };

 private:
  Limits limits_;
  std::uint64_t steps_ = 0, bytes_ = 0;
  int calls_ = 0;
};

}  // namespace gistmill::chat_template
