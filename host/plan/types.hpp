// Port types against tensors that a step really carries. No symbols of a pipeline.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gistmill/tensor.h"
#include "host/registry/manifest.hpp"

namespace gistmill {

// "f32", "bf16", "bool": a tensor's dtype as manifests write it.
std::string dtype_name(gm_dtype dtype);

// Checks a tensor of a running step against its port, and binds the symbols that it is the first to show.
// "" or "f32[16, 1, 64] when it should be f32[K, G, D] with D = 576"; on a mismatch `symbols` stays as it is.
std::string check_shape(const PortType& type, const std::vector<std::int64_t>& shape, std::string_view dtype,
                        std::map<std::string, std::int64_t>& symbols);

}  // namespace gistmill
