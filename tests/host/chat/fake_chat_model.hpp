// A model whose tokens are bytes, whose blocks have four, and whose answers are written beforehand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/chat/chat_model.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill::test {

class FakeChatModel : public ChatModel {
 public:
  static constexpr std::int64_t kBlock = 4;

  Tokens encode(std::string_view text) const override {
    Tokens tokens;
    for (const char byte : text) tokens.push_back(static_cast<unsigned char>(byte));
    return tokens;
  }
  Tokens encode_rendered(std::string_view text) const override { return encode(text); }
  Tokens encode_document(std::string_view text) const override {
    Tokens tokens = encode(text);
    tokens.insert(tokens.begin(), '^');
    return tokens;
  }
  std::string decode(const Tokens& tokens) const override {
    std::string text;
    for (const std::int32_t token : tokens) text += static_cast<char>(token);
    return text;
  }
  std::optional<std::string> render(const std::vector<Message>& messages) const override {
    if (!has_template) return std::nullopt;
    std::string text;
    if (refuses == messages.back().content)
      throw Failure(ExitCode::recipe, "the template takes no such message");
    for (const Message& message : messages) {
      std::string content = message.content;
      if (trims) content.erase(0, content.find_first_not_of(' '));
      if (hides_answers && message.role == "assistant") content = "...";
      text += "<" + message.role + ">" + content + "</>";
    }
    return text + "<assistant>";
  }
  void append(const Tokens& tokens) override {
    appended += std::ssize(tokens);
    history_.insert(history_.end(), tokens.begin(), tokens.end());
  }
  const Tokens& history() const override { return history_; }
  std::optional<std::int32_t> next(const Sampling& sampling, const volatile std::int32_t* cancel) override {
    if (*cancel != 0) throw Failure(ExitCode::interrupted, "canceled");
    if (fails) throw Failure(*fails, "the model failed");
    asked = sampling;
    if (answers.empty()) return std::nullopt;
    if (answers.front().empty()) {
      answers.pop_front();
      return std::nullopt;
    }
    const auto token = static_cast<unsigned char>(answers.front().front());
    answers.front().erase(0, 1);
    if (during) during();
    return token;
  }
  void mark() override { mark_ = history_; }
  void return_to_mark() override { history_ = mark_; }
  ContextView view() const override {
    ContextView view;
    view.history = std::ssize(history_);
    view.cursor = view.history / kBlock * kBlock;
    view.budget = 64;
    for (std::int64_t begin = 0; begin < view.cursor; begin += kBlock) {
      const bool open = begin + 2 * kBlock >= view.cursor;
      view.entries.push_back({open ? 0 : 1, begin, begin + kBlock, 0.5, open ? 0 : -1, 1});
      view.rows += open ? kBlock : 1;
    }
    return view;
  }

  std::optional<std::string> trace() const override {
    return "a trace of " + std::to_string(history_.size());
  }

  std::string text() const { return decode(history_); }

  std::deque<std::string> answers;
  std::function<void()> during;  // with each token
  Sampling asked;
  std::int64_t appended = 0;  // tokens, in all
  bool has_template = true;
  bool trims = false;             // white space before a message
  bool hides_answers = false;     // writes earlier answers in another way
  std::string refuses = "none";   // the message that the template does not take
  std::optional<ExitCode> fails;  // each answer

 private:
  Tokens history_, mark_;
};

}  // namespace gistmill::test
