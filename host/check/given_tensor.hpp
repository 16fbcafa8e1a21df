// Tensors whose ownership passes to a plugin: the plugin gets a handle of the proxy, which records what the
// plugin does with it. The memory still belongs to the giver.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gistmill/tensor.h"

namespace gistmill {

// The tensors of one call. While it lives their memory stays, also where the plugin has released them, so
// that it can be looked at once more.
class GivenTensors {
 public:
  explicit GivenTensors(std::string where) : where_(std::move(where)) {}
  GivenTensors(const GivenTensors&) = delete;
  GivenTensors& operator=(const GivenTensors&) = delete;
  // Reports what the plugin wrote into tensors that are READ_ONLY.
  ~GivenTensors();

  // The handle that the plugin gets in place of `tensor`, which may be null. name: "input 'x'".
  gm_tensor* give(gm_tensor* tensor, const std::string& name);

  struct Record;

 private:
  std::string where_;
  std::vector<Record*> records_;
};

// Reports every tensor that was given and never released. For the end of a process, or of a test.
void report_unreleased_tensors();

}  // namespace gistmill
