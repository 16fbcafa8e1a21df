// A model's chat templates: messages to the text that it was trained on.
#pragma once

#include <ctime>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "plugins/tokenizer/chat_template/template.hpp"
#include "plugins/tokenizer/common/chat_files.hpp"

namespace gistmill::tokenizer {

// Messages, and what else a template is given.
struct ChatRequest {
  nlohmann::ordered_json variables;  // messages, tools, documents, add_generation_prompt, ...
  std::string template_name;  // empty: tool_use where there are tools and such a template, else default
  bool continues = false;     // the last message goes on: nothing behind its text
};

// A JSON array of messages, or an object with these as "messages" and more variables beside. A message is an
// object with a role. Throws std::invalid_argument where it is anything else, formats::FormatError where it
// is no JSON.
ChatRequest parse_request(std::string_view json);

// The files' fault, not the messages': their template cannot be read.
class UnreadableTemplate : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Chat {
 public:
  Chat() = default;  // no templates
  // `date`: today, as "26 Jul 2024", which templates get as date_string too; empty: the clock says what
  // strftime_now tells, as of now. Throws std::invalid_argument where it is no date.
  Chat(const std::vector<ChatSource>& sources, nlohmann::ordered_json special_texts, const std::string& date);

  bool empty() const { return templates_.empty(); }
  std::string names() const;  // "default, tool_use"
  // Of the templates' texts, and of the day where one of them may tell it. Empty where there are no
  // templates.
  std::string digest() const { return digest_; }
  // Why a template cannot be run, with its place; empty where all can.
  std::string complaint() const;

  // Throws std::invalid_argument: what cannot be rendered, and why; UnreadableTemplate.
  std::string render(const ChatRequest& request) const;

 private:
  struct Named {
    std::string name, place;
    std::optional<chat_template::Template> read;
    std::string complaint;  // where it could not be read
  };
  static Named read(const ChatSource& source);
  const Named& choose(const ChatRequest& request) const;
  std::string run(const Named& chosen, const nlohmann::ordered_json& variables) const;

  std::vector<Named> templates_;
  nlohmann::ordered_json special_texts_;
  std::string date_;
  std::tm now_{};
  std::string digest_;
};

}  // namespace gistmill::tokenizer
