// What a Hugging Face config.json says of a model's computation. A key that changes it is followed, or
// refused by name; what it leaves out is what transformers' class of the family has by itself (5.2.0). Any
// other key changes nothing there either.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "plugins/teacher/decoder/files/end_tokens.hpp"
#include "plugins/teacher/decoder/files/model_plan.hpp"

namespace gistmill::decoder {

// config: config.json; generation: generation_config.json, or null where there is none. The end tokens of
// both count, and those of `added` that are known by name. The names stand for the files in messages. Throws
// Error (user). Sizes are not checked against each other: complete() does that.
ModelPlan read_hugging_face_config(const nlohmann::json& config, const std::string& config_name,
                                   const nlohmann::json& generation, const std::string& generation_name,
                                   const std::vector<NamedToken>& added = {});

// A config.json of a model that came from elsewhere. Throws Error (user, `key`) where its keys cannot say
// what the model computes. (hugging_face_config_writer.cpp)
nlohmann::json write_hugging_face_config(const ModelPlan& plan, const std::string& key);

// The config.json of the text model alone: of a model of text and images (gemma3) its text_config, any other
// as it is.
nlohmann::json text_model_of(const nlohmann::json& config);

// What of config.json the model's numbers depend on, in one spelling: for digests.
std::string computation_of(const nlohmann::json& config);

}  // namespace gistmill::decoder
