// The chat templates that a model's files give, and what they call special tokens.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/gguf.hpp>
#include <nlohmann/json.hpp>

namespace gistmill::tokenizer {

struct ChatSource {
  std::string name;   // "default" where the files give none
  std::string place;  // for messages: the file, and the key in it
  std::string text;
};

// tokenizer.chat_template, and those that tokenizer.chat_templates names.
std::vector<ChatSource> chat_sources(const formats::Gguf& file);
// chat_template.jinja and additional_chat_templates/*.jinja; where the folder has none of these,
// chat_template of its configuration: text, a list of names and templates, or templates by name. As
// transformers chooses.
std::vector<ChatSource> chat_sources(const std::filesystem::path& folder, const nlohmann::json& config);

// {"bos_token": "<s>", ..., "image_token": "<image>"}: what transformers gives to templates.
nlohmann::ordered_json template_texts(const formats::Gguf& file);
nlohmann::ordered_json template_texts(const nlohmann::json& config);

}  // namespace gistmill::tokenizer
