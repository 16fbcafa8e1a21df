// Paths, folders and globs of a recipe -> files with names that do not depend on where the corpus lies.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gistmill::dataset {

struct FileSelection {
  std::vector<std::string> files;       // files, folders (searched to the bottom), or globs
  std::vector<std::string> extensions;  // of files found in folders, with the dot; empty: all
};

// One file, under a name that does not depend on where the corpus lies: the folder that was asked for, then
// the path in it ("novels/emma__01.txt").
struct CorpusFile {
  std::string name;
  std::filesystem::path path;
};

// The files that were selected, in order of their names. Throws Error(GM_ERROR_USER, key "files").
std::vector<CorpusFile> find_files(const FileSelection& selection);

}  // namespace gistmill::dataset
