// Files that stand where a tokenizer should, and are something else that people have: named for what they
// are, with the file to use instead.
#pragma once

#include <filesystem>
#include <string_view>

namespace gistmill::tokenizer {

// Throws formats::FormatError where the file is a Git LFS pointer, a vocabulary in the form of tiktoken, or
// Mistral's tekken.json.
void refuse_foreign(std::string_view bytes, const std::filesystem::path& path);

}  // namespace gistmill::tokenizer
