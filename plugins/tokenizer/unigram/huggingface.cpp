// Unigram from tokenizer.json. Each part is compared with those that are known, whole and exactly; what is
// not known is refused by name.
#include "plugins/tokenizer/common/settings.hpp"
#include "plugins/tokenizer/unigram/vocabulary.hpp"

namespace gistmill::unigram {
namespace {

using nlohmann::json;

void check_model(const tokenizer::TokenizerJson& file) {
  if (tokenizer::type_of(file.model) != "Unigram") {
    throw tokenizer::OtherKind(file.source + ": model is " +
                               tokenizer::brief(file.model.value("type", json())) +
                               " when it should be Unigram");
  }
  if (file.scores.size() != file.vocabulary.ids.size() || file.scores.empty()) {
    throw formats::FormatError(
        file.source +
        ": model.vocab is empty or an object when it should be a list of pieces, each a "
        "text and its score");
  }
}

std::int32_t unknown_piece(const tokenizer::TokenizerJson& file) {
  const json value = file.model.value("unk_id", json());
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= file.scores.size())
    tokenizer::refuse(file, "model.unk_id", value, "the place of a piece, for characters that have none");
  return value.get<std::int32_t>();
}

}  // namespace

Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder) {
  check_model(file);
  const sentencepiece::SpaceSteps spaces = sentencepiece::space_steps(file, /*splits_words=*/true);
  const tokenizer::Configuration configuration =
      tokenizer::read_configuration(folder, tokenizer::ModelKind::kUnigram);
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, folder, configuration));
  read_spaces(file, spaces, configuration, &vocabulary);
  vocabulary.word_split = spaces.word_split;
  vocabulary.unknown = unknown_piece(file);
  vocabulary.scores = file.scores;
  return vocabulary;
}

}  // namespace gistmill::unigram
