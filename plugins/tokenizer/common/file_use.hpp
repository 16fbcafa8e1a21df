// Which files of a folder decide what its tokenizer is, and why others with known names do not; for people.
#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace gistmill::tokenizer {

// "files": names that were read; "passed_over": {"vocab.json": "tokenizer.json comes first"}. taken: the file
// that holds the vocabulary; left: why files before it were not taken, empty where it was the first.
nlohmann::json file_use(const std::filesystem::path& taken, const std::string& left);

}  // namespace gistmill::tokenizer
