// SHA-256 of text and of files, in lowercase hexadecimal: what identities, locks and checkpoints record.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gistmill {

std::string sha256_hex(std::string_view bytes);

// Reads the file in pieces. Throws Failure (ExitCode::failed) where it cannot be read.
std::string sha256_file(const std::filesystem::path& path);

// "sha256:" and the digest, as recipes and policies name a build of a plugin.
std::string digest_text(std::string_view sha256);

// The digest of such text; nothing where it is none.
std::optional<std::string> parse_digest(std::string_view text);

}  // namespace gistmill
