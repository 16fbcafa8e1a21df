// Typed options as the ABI has them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gistmill/types.h"
#include "host/plan/plan.hpp"

namespace gistmill {

// Points into `options`, which outlive it.
class MarshalledOptions {
 public:
  explicit MarshalledOptions(const std::vector<PlannedOption>& options);
  MarshalledOptions(const MarshalledOptions&) = delete;
  MarshalledOptions& operator=(const MarshalledOptions&) = delete;

  const gm_options* get() const { return &options_; }

 private:
  std::vector<gm_option> items_;
  std::vector<const gm_option*> pointers_;
  std::vector<std::unique_ptr<std::vector<const char*>>> string_lists_;
  gm_options options_{};
};

}  // namespace gistmill
