// dataset/instruction-texts: samples of instruction tuning as pieces of text to tokenize.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/instructions/instruction_files.hpp"
#include "plugins/dataset/instructions/pieces.hpp"
#include "plugins/dataset/instructions/prompt_form.hpp"

namespace gistmill::dataset {

// The options that every source of samples has: names of fields.
SampleFields sample_fields(const Options& options);

class InstructionTexts {
 public:
  // Finds the files. Throws Error(GM_ERROR_USER) with the option's key.
  explicit InstructionTexts(const Options& options);
  // Of samples from elsewhere. component: its name, which saved positions begin with.
  InstructionTexts(const std::string& component, const Options& options,
                   std::unique_ptr<SampleSource> source);

  std::string digest() { return source_->digest(); }

  // text u8[B], name u8[M] ("before/17"), split i32[]: one piece a call, the pieces of a sample in their
  // order, then EndOfData. messages u8[J]: in form "chat" the sample as messages, JSON; else empty.
  std::tuple<Tensor, Tensor, Tensor, Tensor> next();

  // chat u8[M]: what the chat template made of the messages; text u8[B] and name u8[N] of the piece ->
  // part u8[P]: in form "chat" of the pieces before and behind the gist tokens that side of `chat`, else
  // `text`.
  Tensor part(const Tensor& chat, const Tensor& text, const Tensor& name) const;

  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  std::string text_of(Piece piece) const;

  std::string state_head_;
  PromptForm form_;
  bool chat_;
  std::unique_ptr<SampleSource> source_;
  Document document_;    // the sample whose pieces are being given
  int given_ = kPieces;  // of its pieces
};

}  // namespace gistmill::dataset
