#include "plugins/tokenizer/common/file_use.hpp"

#include "plugins/tokenizer/common/model_files.hpp"

namespace gistmill::tokenizer {

nlohmann::json file_use(const std::filesystem::path& taken, const std::string& left) {
  const std::filesystem::path folder = taken.parent_path();
  const std::string first = taken.filename().string();
  const auto is_there = [&](const char* name) { return std::filesystem::exists(folder / name); };
  nlohmann::json read = {first};
  nlohmann::json passed_over = nlohmann::json::object();
  if (first == "vocab.json") read.push_back("merges.txt");
  bool before = true;  // in the order in which find_tokenizers() tries them
  for (const char* name : {"tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model"}) {
    if (name == first) before = false;
    const bool pair = first == "vocab.json" && std::string(name) == "merges.txt";
    if (name == first || pair || !is_there(name)) continue;
    passed_over[name] = before ? left : first + " comes first";
  }
  for (const char* name : {"tokenizer_config.json", "chat_template.jinja"}) {
    if (is_there(name)) read.push_back(name);
  }
  const bool listed = tokenizer_config(folder).contains("added_tokens_decoder");
  for (const char* name : {"added_tokens.json", "special_tokens_map.json"}) {
    if (!is_there(name)) continue;
    if (listed) {
      passed_over[name] = "tokenizer_config.json has added_tokens_decoder";
    } else {
      read.push_back(name);
    }
  }
  return {{"files", read}, {"passed_over", passed_over}};
}

}  // namespace gistmill::tokenizer
