// What SentencePiece's tokenizers do with text before they look for pieces in it: normalizers, spaces.
#pragma once

#include <string>
#include <string_view>

#include "plugins/tokenizer/common/encoder.hpp"
#include "plugins/tokenizer/common/merges.hpp"
#include "plugins/tokenizer/sentencepiece/pieces.hpp"

namespace gistmill::sentencepiece {

// Encodes for one thread.
class Encoder : public tokenizer::Encoder {
 protected:
  Encoder(const Pieces& pieces, const tokenizer::MergeTable& merges);  // which must outlive it

  // A fragment without the spaces that are to be removed. Holds until the next call.
  std::string_view trimmed(std::string_view fragment) {
    return removes_spaces_ ? without_extra_spaces(fragment) : fragment;
  }
  // Whether a space is put before a fragment; `first`: it starts the whole text.
  bool wants_prefix(std::string_view text, bool first) const;

 private:
  std::string_view normalize(std::string_view text, bool first) override;
  std::string_view without_extra_spaces(std::string_view fragment);

  const Pieces& pieces_;
  Prefix prefix_;               // of a fragment
  bool start_removed_ = false;  // by the text's normalizer, so that no prefix of a text is put
  bool removes_spaces_;         // from a fragment; else from what lies between plain added tokens
  std::string normalized_;      // text after the text's normalizer
  std::string trimmed_;         // text without extra spaces
  std::string escaped_;         // text with U+2581 for its spaces
};

}  // namespace gistmill::sentencepiece
