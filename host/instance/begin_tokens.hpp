// What a tokenizer says of its tokens: those that a model expects before any text, and how many there are.
#pragma once

#include <cstdint>
#include <vector>

#include "host/instance/instance.hpp"

namespace gistmill {

// By its description: {"begin_tokens": [1]}; else {"add_bos": true, "special_tokens": {"bos": 1}}, or "bos":
// {"id": 1}. Empty where it expects none.
std::vector<std::int32_t> begin_tokens_of(const Instance& tokenizer);

// How many tokens it has, by its description: {"vocabulary": 32000}; as many as there may be where it does
// not say.
std::int64_t vocabulary_of(const Instance& tokenizer);

// Those of `tokens` that a tokenizer of this size has. A model may make others: its table has rows for
// padding.
std::vector<std::int32_t> known_tokens(std::vector<std::int32_t> tokens, std::int64_t vocabulary);

// `tokens` behind the begin tokens, unless they begin with these.
std::vector<std::int32_t> as_document(const std::vector<std::int32_t>& begin,
                                      std::vector<std::int32_t> tokens);

}  // namespace gistmill
