// Writes weights as a Hugging Face folder: config.json and model.safetensors, named, ordered and shaped as
// transformers reads them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/files/model_file.hpp"

namespace gistmill::decoder {

// source: where the weights came from; plan: what they are now, which may have another vocabulary or a head
// of its own. config.json is its own where it is a folder, with `dtype` put in, and
// made from its sizes where it is GGUF; the tokenizer's files and generation_config.json are copied from a
// folder. Adapters have to be merged before (merge_adapters()). dtype: f32, bf16 or f16, in which every
// tensor is stored. The folder must not exist, or be empty; it appears whole or not at all. -> the names of
// the files written. `more`, where given, writes beside them or changes what was copied. Throws Error: user
// where the name is taken or config.json cannot say what the model computes; unavailable where the system
// fails. `key` names the option at fault.
std::vector<std::string> write_folder(const std::string& path, const ModelFile& source, const ModelPlan& plan,
                                      const Weights& weights, at::ScalarType dtype, const std::string& key,
                                      const std::function<void(const std::filesystem::path&)>& more = {});

// Copies what goes with a model beside its weights, the tokenizer's files and generation_config.json, between
// folders; nothing where `from` is none. -> the names of the files copied. Throws files::FileError and
// formats::FormatError.
std::vector<std::string> copy_companions(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace gistmill::decoder
