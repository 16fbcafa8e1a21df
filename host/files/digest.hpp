// SHA-256 of text and of files, in lowercase hexadecimal: what identities, locks and checkpoints record.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gistmill {

std::string sha256_hex(std::string_view bytes);

// Reads the file in pieces. Throws Failure (ExitCode::failed) where it cannot be read.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace gistmill
