// A plugin that keeps the contract until a test tells it not to, and a caller that calls it through the
// proxy.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gistmill/extensions.h"
#include "gistmill/plugin/tensor.hpp"
#include "host/check/checking_proxy.hpp"

namespace gistmill {

// Operations: "apply", y = x with a tape of nothing; "open", an object for an object.
struct Seeds {
  std::function<void(gm_tensor* x)> misdeed;                     // in apply, before x is released
  std::function<void(gm_value* out, gm_tape** tape)> last_word;  // in apply, after the outputs stand
  gm_status answer = GM_OK;
  std::uint32_t rank = 1, ranks = 3;  // all of which have the same numbers
  std::int32_t ended = 0;             // what abort was called with
  gm_decision decision{sizeof(gm_decision), GM_DECISION_CONTINUE, 1.0, nullptr};  // of every event
  bool releases = true;                         // apply and open: their input
  Tensor gradient = Tensor::zeros<float>({2});  // what the vjp of apply gives
  std::function<void(gm_object* c)> handling;   // in open and encode, before c is released
  std::function<gm_object*(gm_object* c)>
      handing_on;  // what open gives in place of a new thing; c is its own
};
extern Seeds seeds;

// An object of type "test.thing/1" with one reference, and how many there are.
gm_object* make_thing();
extern int things;

void release(gm_tensor* tensor);
gm_tape* seeded_tape();

class CheckingProxy : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  const gm_component_interface& proxy() const { return checking_interface(); }
  gm_instance* make(const std::string& name);
  void start() { start(instance_); }
  void start(gm_instance* instance) { proxy().start(instance, nullptr, &error_); }
  gm_status call(gm_tape** tape = nullptr, std::uint64_t flags = GM_TENSOR_READ_ONLY,
                 std::uint32_t outputs = 1);
  // Of `operation` of `instance`, or of apply of instance_.
  gm_status reverse(gm_tape* tape, std::uint64_t flags = GM_TENSOR_READ_ONLY) {
    return reverse(instance_, 0, tape, flags);
  }
  gm_status reverse(gm_instance* instance, std::uint32_t operation, gm_tape* tape,
                    std::uint64_t flags = GM_TENSOR_READ_ONLY);
  // What open gives for `object`, whose reference it takes; null where it failed.
  gm_object* open(gm_object* object);
  template <class Extension>
  const Extension& extension(const char* id) const {
    return *static_cast<const Extension*>(proxy().extension(instance_, id));
  }
  static std::vector<std::string> found();

  ComponentSpec spec_;
  gm_instance* instance_ = nullptr;
  gm_error error_{sizeof(gm_error), nullptr, [](gm_error*, gm_status, const char*, const char*) {}};

 private:
  gm_call call_with(bool gradient);

  const volatile std::int32_t never_ = 0;
  const std::uint8_t need_ = 1;
};

}  // namespace gistmill
