// What tokenizer.json's post-processor puts before a text. It is not applied here: who scores or continues a
// text puts these tokens first.
#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "plugins/tokenizer/common/string_table.hpp"

namespace gistmill::tokenizer {

// Ids in the order of the text; empty where there is no post-processor, or one that puts nothing there. What
// names no token of the vocabulary is left out.
std::vector<std::int32_t> begin_tokens(const nlohmann::json& post_processor, const StringTable& tokens);

}  // namespace gistmill::tokenizer
