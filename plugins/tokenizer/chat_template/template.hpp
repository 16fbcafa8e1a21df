// A chat template: Jinja's language as transformers sets it up for them (trim_blocks, lstrip_blocks, loop
// controls, generation blocks, an immutable sandbox), in so far as chat templates use it. What it renders is
// what jinja2 renders, byte for byte; what it does not know is refused by name and place, never guessed.
#pragma once

#include <ctime>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "plugins/tokenizer/chat_template/limits.hpp"
#include "plugins/tokenizer/chat_template/nodes.hpp"

namespace gistmill::chat_template {

class Template {
 public:
  // Throws Refusal, located, where it cannot be read.
  explicit Template(std::string_view source);

  // `variables`: by name. Throws Refusal where the template does (raise_exception among others), and where it
  // costs more than `limits` allow.
  std::string render(const Dict& variables, const std::function<std::tm()>& now,
                     const Limits& limits = {}) const;

 private:
  Body body_;
  FramePlan frame_;
};

// Objects keep the order of their keys. Throws Refusal of an integer beyond 64 bits.
Value from_json(const nlohmann::ordered_json& json);
Dict variables_from(const nlohmann::ordered_json& object);

}  // namespace gistmill::chat_template
