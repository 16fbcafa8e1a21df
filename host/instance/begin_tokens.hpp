// What a tokenizer says of the tokens that a model expects before any text.
#pragma once

#include <cstdint>
#include <vector>

#include "host/instance/instance.hpp"

namespace gistmill {

// By its description: {"begin_tokens": [1]}; else {"add_bos": true, "special_tokens": {"bos": 1}}, or "bos":
// {"id": 1}. Empty where it expects none.
std::vector<std::int32_t> begin_tokens_of(const Instance& tokenizer);

// `tokens` behind the begin tokens, unless they begin with these.
std::vector<std::int32_t> as_document(const std::vector<std::int32_t>& begin,
                                      std::vector<std::int32_t> tokens);

}  // namespace gistmill
