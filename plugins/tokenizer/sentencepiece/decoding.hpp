// Decoders of tokenizer.json that make text of SentencePiece's tokens.
#pragma once

#include "plugins/tokenizer/common/tokenizer_json.hpp"
#include "plugins/tokenizer/sentencepiece/spaces.hpp"

namespace gistmill::sentencepiece {

struct Decoding {
  bool bytes = false;  // whether tokens of bytes become bytes
  SpacesLeftOut left_out = SpacesLeftOut::kPrefix;
};

// Throws formats::FormatError where the decoder is none that is known.
Decoding decoding_of(const tokenizer::TokenizerJson& file);

}  // namespace gistmill::sentencepiece
