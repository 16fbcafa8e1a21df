// libFuzzer on chat templates: reads and renders them for messages with tools. What is rendered is UTF-8,
// twice the same, and within the limits.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/template.hpp"
#include "tests/fuzz/cost_watch.hpp"

namespace {

namespace chat_template = gistmill::chat_template;

const chat_template::Dict& variables() {
  static const chat_template::Dict kVariables =
      chat_template::variables_from(nlohmann::ordered_json::parse(R"({
    "messages": [{"role": "system", "content": " Be brief.\n"}, {"role": "user", "content": "Grüße, 日本"},
                 {"role": "assistant", "content": "", "n": 2, "tool_calls": [{"function": {"name": "f"}}]}],
    "tools": [{"name": "f", "items": [1, 2.5, null]}], "text": "Hello, world", "items": [3, 1, 2], "n": 7,
    "d": {"b": 1, "a": [1, true]}, "bos_token": "<s>", "add_generation_prompt": true})"));
  return kVariables;
}

std::tm noon() {
  std::tm time{};
  time.tm_mday = 5;
  time.tm_year = 126;
  return time;
}

std::string rendered(std::string_view source) {
  chat_template::Limits limits;
  limits.steps = 20'000;
  limits.bytes = 1 << 20;
  try {
    return chat_template::Template(source).render(variables(), noon, limits);
  } catch (const chat_template::Refusal& refusal) {
    return refusal.what();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  variables();
  std::string text;
  {
    // A byte may be a token, and a token an expression with room for arguments.
    const gistmill::fuzz::CostWatch watch(size, 2048, std::size_t{16} << 20);
    text = rendered(source);
  }
  if (!gistmill::text::is_utf8(text) || text != rendered(source)) {
    std::fprintf(stderr, "rendered: %s\n", text.c_str());
    std::abort();
  }
  return 0;
}
