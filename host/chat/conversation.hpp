// A conversation over one growing history: what of it is new in the chat template, the answer token by token.
// Knows neither a terminal nor a network.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/chat/chat_model.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {

struct Answer {
  enum class End { stop, length, canceled };
  std::string text;
  End end = End::stop;
  std::int64_t history = 0;        // tokens before the answer, all that was read among them
  std::int64_t tokens = 0;         // of the answer
  double first_token_seconds = 0;  // from the message to the first token
  double seconds = 0;
};
const char* to_text(Answer::End end);  // as OpenAI's finish_reason has it; "canceled"

// Messages that are themselves at fault: not UTF-8, or refused by the model's template. Nothing of them was
// read; the conversation goes on with others.
class RefusedMessages : public Failure {
 public:
  using Failure::Failure;
};

class Conversation {
 public:
  explicit Conversation(ChatModel& model) : model_(model) {}

  // Text that stands before all messages; before the first one. Its end is where a new conversation begins.
  void read(const std::string& text);

  struct Listener {
    // What the answer has more: whole characters. False: nobody wants the rest.
    std::function<bool(std::string_view text)> text;
    std::function<void()> context;  // the working context has changed
  };
  // The answer to the last of `messages`. Where they go on from those that are held, with their answers, only
  // what is new is read; else a new conversation begins behind what read() read. cancel: not 0 ends the
  // answer, which is kept as far as it came. Throws RefusedMessages, and Failure where the model failed.
  Answer answer(const std::vector<Message>& messages, const Sampling& sampling, const Listener& listener,
                const volatile std::int32_t* cancel);

  const std::vector<Message>& messages() const { return messages_; }
  const ChatModel& model() const { return model_; }

 private:
  bool goes_on(const std::vector<Message>& messages) const;
  std::string asked_text(const std::vector<Message>& messages);
  std::string new_text(const std::vector<Message>& messages);
  void take(const Tokens& tokens, const Listener& listener);

  ChatModel& model_;
  std::vector<Message> messages_;  // that were read, and their answers
  std::string rendered_;           // the template's text up to the last answer, and that
  bool marked_ = false;
  bool broken_ = false;  // an answer failed: what is held and what was read are not the same
};

}  // namespace gistmill
