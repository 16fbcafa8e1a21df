// Parts of the program that writes seeds.
#pragma once

#include <filesystem>
#include <string>

namespace gistmill::fuzz {

// Makes the folder of the file as well.
void write_seed(const std::filesystem::path& path, const std::string& bytes);

// folder: with a folder a target within.
void write_format_seeds(const std::filesystem::path& folder);
void write_elf_seeds(const std::filesystem::path& folder);
void write_chat_template_seeds(const std::filesystem::path& folder);
void write_tokenizer_seeds(const std::filesystem::path& folder);

}  // namespace gistmill::fuzz
