#include "plugins/dataset/instructions/instruction_texts.hpp"

#include <utility>
#include <vector>

namespace gistmill::dataset {
namespace {

Tensor bytes(std::string_view text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {static_cast<std::int64_t>(text.size())});
}

std::string_view view(const Tensor& text) {
  return {reinterpret_cast<const char*>(text.data<std::uint8_t>()), static_cast<std::size_t>(text.size())};
}

PromptForm form_of(const Options& options) {
  PromptForm form{options.string("before"), options.string("input"), options.string("after"),
                  options.string("completion")};
  form.check();
  return form;
}

}  // namespace

SampleFields sample_fields(const Options& options) {
  return {options.string("instruction_field"), options.string("input_field"), options.string("output_field"),
          options.string("messages_field")};
}

InstructionTexts::InstructionTexts(const Options& options)
    : InstructionTexts(
          "dataset/instruction-texts", options,
          std::make_unique<InstructionFiles>(unpacked_source_options(options), sample_fields(options),
                                             options.string("broken") == "skip")) {}

InstructionTexts::InstructionTexts(const std::string& component, const Options& options,
                                   std::unique_ptr<SampleSource> source)
    : state_head_(component + " 1 "),  // version of the format, then the pieces given so far
      form_(form_of(options)),
      chat_(options.string("form") == "chat"),
      source_(std::move(source)) {}

std::string InstructionTexts::text_of(Piece piece) const {
  const Sample& sample = source_->sample();
  switch (piece) {
    case Piece::before:
      return form_.text_before(sample);
    case Piece::instruction:
      return sample.instruction;
    case Piece::after:
      return form_.text_after(sample);
    case Piece::completion:
      break;
  }
  return form_.text_of_completion(sample);
}

std::tuple<Tensor, Tensor, Tensor, Tensor> InstructionTexts::next() {
  if (given_ == kPieces) {
    if (!source_->next(document_)) {
      for (const std::string& note : source_->notes()) log(GM_LOG_WARNING, note);
      throw EndOfData();
    }
    given_ = 0;
  }
  const auto piece = static_cast<Piece>(given_++);
  return {bytes(text_of(piece)), bytes(piece_name(piece, source_->position() - 1)),
          Tensor::of<std::int32_t>({document_.split}, {}),
          bytes(chat_ ? form_.messages(source_->sample()) : "")};
}

Tensor InstructionTexts::part(const Tensor& chat, const Tensor& text, const Tensor& name) const {
  const Piece piece = named_piece(view(name)).piece;
  if (!chat_ || piece == Piece::instruction || piece == Piece::completion) return bytes(view(text));
  return bytes(piece == Piece::before ? before_mark(view(chat)) : after_mark(view(chat)));
}

std::string InstructionTexts::save_state() const {
  const std::uint64_t whole = source_->position() - (given_ == kPieces ? 0 : 1);
  const auto rest = static_cast<std::uint64_t>(given_ == kPieces ? 0 : given_);
  return position_state(state_head_, whole * kPieces + rest);
}

void InstructionTexts::load_state(std::string_view state) {
  const std::uint64_t pieces = position_of(state_head_, state);
  source_->seek(pieces / kPieces);
  given_ = kPieces;
  if (pieces % kPieces == 0) return;
  if (!source_->next(document_)) {
    throw Error(GM_ERROR_USER,
                "the saved position is behind the last of " + std::to_string(source_->position()) +
                    " samples: the files have changed",
                "files");
  }
  given_ = static_cast<int>(pieces % kPieces);
}

}  // namespace gistmill::dataset
