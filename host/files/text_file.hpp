// Whole files of a run folder. Not for large data: these files are a few megabytes at most.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gistmill {

// Throws Failure (ExitCode::failed) with the system's reason.
std::string read_text_file(const std::filesystem::path& path);

// Nothing where the file does not exist; otherwise as read_text_file.
std::optional<std::string> read_text_file_if_there(const std::filesystem::path& path);

// The file appears whole or not at all, and the old one stands where it does not. Throws Failure
// (ExitCode::failed): path, what failed, the system's reason; on a full disk also how many bytes were needed
// and how many are free.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace gistmill
