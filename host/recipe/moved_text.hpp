// A recipe's text in another folder: the files that it names are where they were.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace gistmill {

// `text` with the relative names of `extends` and of its stages' recipes, in groups too, which stand for
// files of the folder `from`, given as `name_of` says for the file's absolute path. All else, comments too,
// stays as it is. Throws Failure (ExitCode::recipe) where `text` is no TOML; `source` is its name.
std::string moved_text(const std::string& text, const std::string& source, const std::filesystem::path& from,
                       const std::function<std::string(const std::filesystem::path& file)>& name_of);

}  // namespace gistmill
