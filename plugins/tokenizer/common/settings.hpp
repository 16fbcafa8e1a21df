// Reads the small parts of tokenizer.json, for comparisons and messages.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "plugins/tokenizer/common/tokenizer_json.hpp"

namespace gistmill::tokenizer {

// The parts of a Sequence, in order and flattened; the value itself where it is none; nothing where it is
// null.
std::vector<nlohmann::json> steps_of(const nlohmann::json& value, const char* members);

// Its "type"; "" where it has none.
std::string type_of(const nlohmann::json& step);

// A boolean member; `fallback` where there is none.
bool boolean_of(const nlohmann::json& object, const char* key, bool fallback);
std::string string_of(const nlohmann::json& object, const char* key);  // "" where it is no string

// A step that cuts or replaces by a pattern of this text: as it stands, or the same text as an expression,
// which must have no characters of its own meaning.
bool has_pattern(const nlohmann::json& step, const std::string& text);

// Short enough for a message.
std::string brief(const nlohmann::json& value);

// Throws FormatError: "<source>: <what> is <found> when it should be <expected>".
[[noreturn]] void refuse(const TokenizerJson& file, const std::string& what, const nlohmann::json& found,
                         const std::string& expected);

// The model is BPE without affixes and dropout, as every kind of tokenizer here needs it. Throws FormatError.
void check_plain_bpe(const TokenizerJson& file);

}  // namespace gistmill::tokenizer
