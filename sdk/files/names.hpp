// Names of files in the making. Private to files.
#pragma once

#include <filesystem>

namespace gistmill::files {

constexpr int kAttempts = 1000;  // at a temporary name that nobody has

// "." where the path names no folder.
std::filesystem::path folder_of(const std::filesystem::path& path);

// Another one each time: "<folder>/.gistmill-<process>-<number>.tmp".
std::filesystem::path temporary_beside(const std::filesystem::path& path);

}  // namespace gistmill::files
