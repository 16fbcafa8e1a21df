// What people want to know of an example file, as YAML beside it: the keys of the GistNet documents.
#pragma once

#include <array>
#include <string>

#include "plugins/store/examples/layout.hpp"

namespace gistmill::examples {

// dtype: of the hidden states as the teacher gave them, "f32". The names of model and tokenizer are those
// that the provenance tells: empty provenance, null values.
std::string metadata_text(const std::string& provenance, const Shape& shape, const std::string& dtype,
                          const std::array<SplitCounts, kSplits>& counts);

}  // namespace gistmill::examples
