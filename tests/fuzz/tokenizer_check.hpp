// What the fuzz targets of tokenizers do with a vocabulary that was read: whatever its file said, it makes a
// tokenizer that encodes and decodes any text, or FormatError says no.
#pragma once

#include <string_view>

#include <gistmill/formats/error.hpp>

#include "plugins/tokenizer/bpe/bpe.hpp"
#include "plugins/tokenizer/spm/spm.hpp"
#include "plugins/tokenizer/unigram/unigram.hpp"
#include "tests/fuzz/cost_watch.hpp"

namespace gistmill::fuzz {

template <class Body>
void may_refuse(Body&& body) {
  try {
    body();
  } catch (const formats::FormatError&) {
  }
}

template <class Tokenizer, class Encoder, class Vocabulary>
void use(const Vocabulary& vocabulary, std::string_view text) {
  const Tokenizer tokenizer(vocabulary);
  Encoder encoder(tokenizer);
  const auto ids = encoder.encode(text, tokenizer::SpecialTokens::kRecognize);
  tokenizer.decode(ids.data(), ids.size());
  encoder.encode(text, tokenizer::SpecialTokens::kAsText);
}

// `from`: what all kinds of vocabulary are made from. Neighbors of the file are looked for and not there.
template <class... From>
void use_as_bpe(std::string_view text, const From&... from) {
  may_refuse([&] { use<bpe::Tokenizer, bpe::Encoder>(bpe::vocabulary_from(from...), text); });
}
template <class... From>
void use_as_spm(std::string_view text, const From&... from) {
  may_refuse([&] { use<spm::Tokenizer, spm::Encoder>(spm::vocabulary_from(from...), text); });
}
template <class... From>
void use_as_unigram(std::string_view text, const From&... from) {
  may_refuse([&] { use<unigram::Tokenizer, unigram::Encoder>(unigram::vocabulary_from(from...), text); });
}

inline constexpr const char* kNowhere = "/nonexistent";

}  // namespace gistmill::fuzz
