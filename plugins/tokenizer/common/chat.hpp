// Chat templates: messages to the text that a model was trained on. Not a Jinja interpreter: templates are
// known by the SHA-256 of their text, and each known one is written out here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gistmill::tokenizer {

struct ChatMessage {
  std::string role;  // "system", "user" or "assistant"
  std::string content;
};

// A JSON array of {"role": ..., "content": ...}. Throws std::invalid_argument where it is anything else,
// formats::FormatError where it is no JSON.
std::vector<ChatMessage> parse_messages(std::string_view json);

struct ChatContext {
  std::string bos;  // texts of the tokens that open and close a sequence
  std::string eos;
  std::string date;  // as the template writes dates
};

class ChatTemplate {
 public:
  // Null where the template is not known.
  static const ChatTemplate* find(std::string_view jinja) { return with_sha256(sha256(jinja)); }
  static const ChatTemplate* with_sha256(std::string_view hash);
  // Of the text as templates are compared: Jinja leaves out one newline at the end, and so does this.
  static std::string sha256(std::string_view jinja);
  static std::string known_names();  // "Qwen2.5-Instruct, ..."

  const char* name() const { return name_; }
  // The date where nobody gives one: as the template has it, or today; empty where it tells none.
  std::string default_date() const;
  // The messages, and the opening of the assistant's answer. Throws std::invalid_argument where the template
  // does not take such messages.
  std::string render(const std::vector<ChatMessage>& messages, const ChatContext& context) const;

 private:
  using Render = std::string (*)(const std::vector<ChatMessage>&, const ChatContext&);
  enum class Date { kNone, kFixed, kToday };
  ChatTemplate(const char* sha256, const char* name, Date date, Render function)
      : sha256_(sha256), name_(name), date_(date), render_(function) {}
  static const std::vector<ChatTemplate>& known();

  const char* sha256_;
  const char* name_;
  Date date_;
  Render render_;
};

}  // namespace gistmill::tokenizer
