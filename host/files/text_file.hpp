// Reading a whole file of a run folder. Not for large data: these files are a few megabytes at most.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace gistmill {

// Throws Failure (ExitCode::failed) with the system's reason.
std::string read_text_file(const std::filesystem::path& path);

// Nothing where the file does not exist; otherwise as read_text_file.
std::optional<std::string> read_text_file_if_there(const std::filesystem::path& path);

}  // namespace gistmill
