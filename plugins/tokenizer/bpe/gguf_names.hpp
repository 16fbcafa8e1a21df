// The names by which GGUF files say how their byte-level BPE splits text: tokenizer.ggml.pre, as llama.cpp
// writes and reads it.
#pragma once

#include <string>
#include <string_view>

#include "plugins/tokenizer/bpe/splitter.hpp"

namespace gistmill::bpe {

struct GgufPreTokenizer {
  std::string_view name;
  PreTokenizer pre_tokenizer;
  bool ignore_merges;  // a piece that is a token is taken whole
  bool begins;         // text has the begin token before it, where the file does not say
};

// Null: one that is not followed here.
const GgufPreTokenizer* gguf_pre_tokenizer(std::string_view name);

// All that are followed, with commas between, for messages.
std::string gguf_pre_tokenizer_names();

}  // namespace gistmill::bpe
