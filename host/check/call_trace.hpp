// A line on standard error before each call of a plugin and one behind it, for whoever debugs one: what goes
// in, what comes out, how long it took. The last line of a process that dies names the call that killed it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gistmill/component.h"
#include "host/registry/manifest.hpp"

namespace gistmill {

// GISTMILL_CHECK is "trace".
bool traces_calls();

// "ids i32[16,32], codes no value, context teacher.context". ports: null where they are not known; tensors
// may be null.
std::string values_text(const std::vector<PortSpec>* ports, const gm_value* values, std::uint32_t count);
std::string tensors_text(const std::vector<PortSpec>* ports, gm_tensor* const* tensors, std::uint32_t count);

// One call: `> gist.compress(hidden f32[16,32,576])` when it begins, `< gist.compress -> gist f32[16,1,576]
// in 1.24 ms` at the end of its life. Does nothing where calls are not traced.
class TracedCall {
 public:
  TracedCall(const std::string& where, const std::string& inputs);
  TracedCall(const TracedCall&) = delete;
  TracedCall& operator=(const TracedCall&) = delete;
  ~TracedCall();

  // What it gave, or that it failed: status other than GM_OK. Not called: it was left.
  void end(gm_status status, const std::string& outputs);

 private:
  std::string where_;
  std::string outcome_ = "left";
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace gistmill
