// What to say where a model is not at the place that was named: a file that is missing, a folder whose model
// is in another file.
#pragma once

#include <filesystem>
#include <string>

namespace gistmill::formats {

// Of a path where nothing is: that it is so, and in data/models, where shipped recipes have theirs, how to
// get one.
std::string missing_model(const std::filesystem::path& path);

// "holds a GGUF file, which is a model of its own; name it: FOLDER/FILE"; of several, which they are. Of a
// file in parts, the first. Empty where the folder has none, or cannot be read.
std::string gguf_files_in(const std::filesystem::path& folder);

}  // namespace gistmill::formats
