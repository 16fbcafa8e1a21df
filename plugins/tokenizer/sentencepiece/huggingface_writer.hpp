// How tokenizer.json says what a SentencePiece vocabulary does with spaces and bytes: what space_steps.cpp
// and decoding.cpp read back as the same. The model is for each kind's own writer.
#pragma once

#include <nlohmann/json.hpp>

#include "plugins/tokenizer/sentencepiece/vocabulary.hpp"

namespace gistmill::sentencepiece {

// {"normalizer", "pre_tokenizer", "decoder"}. Throws formats::FormatError where the file cannot say it: extra
// spaces that are removed, SentencePiece's own map of characters, added tokens that are looked for in text
// with other spaces than their pieces get.
nlohmann::json space_parts(const Vocabulary& vocabulary);

}  // namespace gistmill::sentencepiece
