// Renders templates for comparison with jinja2 (compare_with_jinja2.py). Reads lines of JSON,
// {"template": ..., "variables": {...}}, and answers each with {"text": ...} or {"refused": ...}.
#include <ctime>
#include <iostream>
#include <string>

#include "plugins/tokenizer/chat_template/template.hpp"
#include "tests/plugins/tokenizer/chat_template/noon.hpp"

namespace {

using nlohmann::ordered_json;
namespace chat_template = gistmill::chat_template;

ordered_json answer(const ordered_json& asked) {
  try {
    const chat_template::Template read(asked.at("template").get_ref<const std::string&>());
    return {{"text", read.render(chat_template::variables_from(asked.at("variables")), chat_template::noon)}};
  } catch (const chat_template::Refusal& refusal) {
    return {{"refused", refusal.what()}};
  }
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << answer(ordered_json::parse(line)).dump() << std::endl;
  }
}
