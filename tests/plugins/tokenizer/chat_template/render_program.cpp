// Renders templates for comparison with jinja2 (compare_with_jinja2.py). Reads lines of JSON,
// {"template": ..., "variables": {...}}, and answers each with {"text": ...} or {"refused": ...}.
#include <ctime>
#include <iostream>
#include <string>

#include "plugins/tokenizer/chat_template/template.hpp"

namespace {

using nlohmann::ordered_json;
namespace chat_template = gistmill::chat_template;

std::tm noon() {
  std::tm time{};
  time.tm_year = 126;
  time.tm_mon = 10;
  time.tm_mday = 5;
  time.tm_hour = 12;
  time.tm_wday = 4;
  time.tm_yday = 308;
  return time;
}

ordered_json answer(const ordered_json& asked) {
  try {
    const chat_template::Template read(asked.at("template").get_ref<const std::string&>());
    return {{"text", read.render(chat_template::variables_from(asked.at("variables")), noon)}};
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
