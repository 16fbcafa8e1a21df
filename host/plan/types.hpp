// Port types against each other and against tensors that a step really carries. No symbols of a pipeline.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gistmill/tensor.h"
#include "host/registry/manifest.hpp"

namespace gistmill {

// "f32[K, D]" or "object<decoder.context/1>", from the fields.
std::string type_text(const PortType& type);

// "f32", "bf16", "bool": a tensor's dtype as manifests write it.
std::string dtype_name(gm_dtype dtype);

// Whether a value of `written` may go where `read` is expected, as far as types without sizes tell: kind,
// object type, dtype (`float` goes with f32, bf16, f16 and float), rank, and dimensions that are numbers.
bool types_fit(const PortType& written, const PortType& read);

// Checks a tensor of a running step against its port, and binds the symbols that it is the first to show.
// "" or "f32[16, 1, 64] when it should be f32[K, G, D] with D = 576"; on a mismatch `symbols` stays as it is.
std::string check_shape(const PortType& type, const std::vector<std::int64_t>& shape, std::string_view dtype,
                        std::map<std::string, std::int64_t>& symbols);

}  // namespace gistmill
