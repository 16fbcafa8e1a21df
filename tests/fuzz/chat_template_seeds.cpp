// Seeds of the chat templates' fuzz target: the short templates of their tests.
#include <filesystem>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/fuzz/seeds.hpp"

namespace gistmill::fuzz {

void write_chat_template_seeds(const std::filesystem::path& folder) {
  const std::filesystem::path path =
      std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/chat_template/recorded.json";
  std::ifstream file(path, std::ios::binary);
  int number = 0;
  const nlohmann::json recorded = nlohmann::json::parse(file);
  for (const auto& one : recorded.at("cases")) {
    write_seed(folder / "chat_template" / std::to_string(number++), one.at("template").get<std::string>());
  }
}

}  // namespace gistmill::fuzz
