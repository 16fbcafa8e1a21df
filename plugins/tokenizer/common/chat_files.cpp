#include "plugins/tokenizer/common/chat_files.hpp"

#include <algorithm>

#include <gistmill/formats/mapped_file.hpp>

#include "plugins/tokenizer/common/model_files.hpp"

namespace gistmill::tokenizer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kDefault = "default";

ChatSource read_template(const std::string& name, const fs::path& path) {
  const formats::MappedFile file(path);
  return {name, path.string(), std::string(file.bytes())};
}

std::vector<ChatSource> templates_in_files(const fs::path& folder) {
  std::vector<ChatSource> sources;
  if (const fs::path path = folder / "chat_template.jinja"; fs::exists(path)) {
    sources.push_back(read_template(kDefault, path));
  }
  const fs::path more = folder / "additional_chat_templates";
  if (!fs::is_directory(more)) return sources;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(more)) {
    if (entry.path().extension() == ".jinja") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) sources.push_back(read_template(path.stem().string(), path));
  return sources;
}

}  // namespace

std::vector<ChatSource> chat_sources(const formats::Gguf& file) {
  static const std::string kKey = "tokenizer.chat_template";
  std::vector<ChatSource> sources;
  const auto add = [&](const std::string& name, const std::string& key) {
    if (file.has(key)) sources.push_back({name, file.name() + ": " + key, std::string(file.string(key))});
  };
  add(kDefault, kKey);
  std::vector<std::string> names = {"tool_use"};
  if (file.is_array("tokenizer.chat_templates")) {
    for (const std::string_view name : file.strings("tokenizer.chat_templates")) {
      if (name != kDefault && name != "tool_use") names.emplace_back(name);
    }
  }
  for (const std::string& name : names) add(name, kKey + "." + name);
  return sources;
}

std::vector<ChatSource> chat_sources(const fs::path& folder, const json& config) {
  std::vector<ChatSource> sources = templates_in_files(folder);
  const auto found = config.find("chat_template");
  if (!sources.empty() || found == config.end()) return sources;
  const std::string place = (folder / "tokenizer_config.json").string() + ": chat_template";
  const auto add = [&](const std::string& name, const json& text) {
    if (!text.is_string()) return;
    sources.push_back(
        {name, name == kDefault ? place : place + " " + formats::printable(name), text.get<std::string>()});
  };
  if (found->is_string()) add(kDefault, *found);
  if (found->is_object()) {
    for (const auto& [name, text] : found->items()) add(name, text);
  }
  if (!found->is_array()) return sources;
  for (const json& one : *found) {
    if (!one.is_object() || !one.contains("name") || !one["name"].is_string() || !one.contains("template"))
      continue;
    add(one["name"].get<std::string>(), one["template"]);
  }
  return sources;
}

nlohmann::ordered_json template_texts(const formats::Gguf& file) {
  auto texts = nlohmann::ordered_json::object();
  const auto tokens = file.strings("tokenizer.ggml.tokens");
  const auto add = [&](const char* name, const char* key) {
    const std::int64_t id = file.integer_or(key, -1);
    if (id >= 0 && static_cast<std::uint64_t>(id) < tokens.size()) {
      texts[name] = std::string(tokens[static_cast<std::size_t>(id)]);
    }
  };
  add("bos_token", "tokenizer.ggml.bos_token_id");
  add("eos_token", "tokenizer.ggml.eos_token_id");
  add("unk_token", "tokenizer.ggml.unknown_token_id");
  add("sep_token", "tokenizer.ggml.seperator_token_id");  // as the format spells it
  add("pad_token", "tokenizer.ggml.padding_token_id");
  add("cls_token", "tokenizer.ggml.cls_token_id");
  add("mask_token", "tokenizer.ggml.mask_token_id");
  return texts;
}

nlohmann::ordered_json template_texts(const json& config) {
  auto texts = nlohmann::ordered_json::object();
  for (const char* key :
       {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}) {
    if (std::string text = token_text(config, key); !text.empty()) texts[key] = std::move(text);
  }
  // Roles of the model's own; tokens without a role, in a list, have no variable.
  for (const auto& [key, value] : config.items()) {
    if (!key.ends_with("_token") || texts.contains(key)) continue;
    if (std::string text = token_text(config, key.c_str()); !text.empty()) texts[key] = std::move(text);
  }
  const auto named = config.find("extra_special_tokens");
  if (named != config.end() && named->is_object()) {
    for (const auto& [name, token] : named->items()) {
      if (std::string text = token_text(*named, name.c_str()); !text.empty()) texts[name] = std::move(text);
    }
  }
  return texts;
}

}  // namespace gistmill::tokenizer
