// transform/stored: gists through the codec of the gist store.
#pragma once

#include <gistmill/plugin.hpp>

#include "plugins/store/gists/layout.hpp"

namespace gistmill::transform {

class Stored {
 public:
  explicit Stored(const Options& options);
  // gist: f32[K, G, D] -> the same. Throws Error (USER) for numbers that the precision does not hold.
  Tensor apply(const Tensor& gist) const;

 private:
  gists::Precision precision_;
};

}  // namespace gistmill::transform
