// SentencePiece BPE from tokenizer.json, as Llama 2 and Mistral were converted to it. Each part is compared
// with those that are known, whole and exactly; what is not known is refused by name.
#include <algorithm>
#include <vector>

#include "plugins/tokenizer/common/settings.hpp"
#include "plugins/tokenizer/spm/vocabulary.hpp"

namespace gistmill::spm {
namespace {

using nlohmann::json;

void check_model(const tokenizer::TokenizerJson& file) {
  tokenizer::check_plain_bpe(file);
  const std::vector<json> decoders = tokenizer::steps_of(file.decoder, "decoders");
  if (!decoders.empty() && tokenizer::type_of(decoders[0]) == "ByteLevel") {
    throw tokenizer::OtherKind(file.source +
                               ": the decoder is ByteLevel when it should be of SentencePiece BPE");
  }
}

}  // namespace

Vocabulary vocabulary_from(const tokenizer::TokenizerJson& file, const std::filesystem::path& folder) {
  check_model(file);
  const sentencepiece::SpaceSteps spaces = sentencepiece::space_steps(file, /*splits_words=*/false);
  const tokenizer::Configuration configuration = tokenizer::read_configuration(folder);
  Vocabulary vocabulary(tokenizer::common_vocabulary(file, folder, configuration));
  read_spaces(file, spaces, configuration, &vocabulary);
  const auto bytes = std::count(vocabulary.types.begin(), vocabulary.types.end(), PieceType::kByte);
  if (!vocabulary.byte_fallback || bytes < 256) {  // else nothing is unknown
    vocabulary.unknown = tokenizer::unknown_token(file, vocabulary);
    vocabulary.fuse_unknown = tokenizer::boolean_of(file.model, "fuse_unk", false);
  }
  vocabulary.ignore_merges = tokenizer::boolean_of(file.model, "ignore_merges", false);
  vocabulary.by_scores = false;
  vocabulary.merges = file.merges;
  vocabulary.same_merge = tokenizer::SameMerge::kLaterCounts;
  return vocabulary;
}

}  // namespace gistmill::spm
