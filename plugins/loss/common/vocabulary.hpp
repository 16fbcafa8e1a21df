// Whether token ids are of the vocabulary that a head has rows of.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace gistmill::loss {

// Refuses ids (any shape) of which one is not 0 .. vocabulary - 1, naming it as `what`, with a hint. Looks
// at main memory only: looking at a device would wait for it, and gather's own assertion has to do there.
void check_vocabulary(const at::Tensor& ids, std::int64_t vocabulary, const std::string& what,
                      const std::string& port, const std::string& hint);

}  // namespace gistmill::loss
