// Reads a SentencePiece model (tokenizer.model): what is written, not what it means. The file is a protocol
// buffer, of which this knows the fields that encoding and decoding depend on; other fields are skipped.
// Reference: google/sentencepiece, sentencepiece_model.proto.
//
// A file is data from strangers: every length is checked before it is used.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/error.hpp>

#include "plugins/tokenizer/common/string_table.hpp"

namespace gistmill::sentencepiece {

// Numbers as in the file; GGUF has the same ones.
enum class PieceType : std::uint8_t { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };

enum class ModelType : std::uint8_t { kUnigram = 1, kBpe, kWord, kChar };

struct ModelFile {
  std::string source;  // for messages: the file's name
  tokenizer::StringTable pieces;
  std::vector<float> scores;     // one a piece
  std::vector<PieceType> types;  // one a piece
  // Defaults are the format's.
  ModelType model_type = ModelType::kUnigram;
  bool byte_fallback = false;
  bool whitespace_as_suffix = false;
  std::int32_t unk = 0, bos = 1, eos = 2, pad = -1;
  std::string normalizer;     // "identity", "nmt_nfkc", ...
  std::string character_map;  // common/character_map.hpp; empty where there is none
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
};

// Throws formats::FormatError: "<name>: byte <offset>: ...". `name` stands for the file.
ModelFile parse_model_file(std::string_view bytes, const std::string& name);

}  // namespace gistmill::sentencepiece
