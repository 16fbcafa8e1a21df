// Where a student starts from a teacher's model file: its embeddings, or whole layers.
#pragma once

#include <string>

#include "plugins/student/retnet/model.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"

namespace gistmill::retnet {

// A decoder's file, whatever its family. `key` names the option that named the path.
std::shared_ptr<const decoder::ModelFile> open_transformer(const std::string& path, const std::string& key);

// Throws Error (user), naming both, where the sizes differ that the weights need to have in common.
void check_embeddings(const decoder::ModelFile& file, const Config& config);
void check_layers(const decoder::ModelFile& file, const Config& config);

// Copies them, and says what it took.
std::string take_embeddings(const decoder::ModelFile& file, const Config& config, const Weights& weights);
std::string take_layers(const decoder::ModelFile& file, const Config& config, const Weights& weights);

}  // namespace gistmill::retnet
