#include "host/chat/conversation.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <gistmill/text/utf8.hpp>
#include <gistmill/text/white_space.hpp>

#include "host/chat/answer_text.hpp"
#include "host/diagnostic/seconds_since.hpp"

namespace gistmill {
namespace {

using Clock = std::chrono::steady_clock;

// Of a model without a chat template.
std::string plain(const std::vector<Message>& messages, std::size_t first) {
  std::string text;
  for (std::size_t i = first; i < messages.size(); ++i) {
    const std::string& role = messages[i].role;
    text += role == "user" ? "\nUser: " : role == "assistant" ? "\nAssistant: " : "\n";
    text += messages[i].content + "\n";
  }
  return text + "\nAssistant:";
}

// A model may say bytes that are no character. In a message, a replacement character stands for them.
std::string as_utf8(std::string_view text) {
  std::string whole;
  while (!text.empty()) {
    const text::Character first = text::first_character(text);
    const std::size_t size = first.valid() ? first.size : text::broken_size(text);
    whole += first.valid() ? text.substr(0, size) : text::kReplacement;
    text.remove_prefix(size);
  }
  return whole;
}

}  // namespace

const char* to_text(Answer::End end) {
  return end == Answer::End::stop ? "stop" : end == Answer::End::length ? "length" : "canceled";
}

void Conversation::read(const std::string& text) {
  Tokens tokens = model_.history().empty() ? model_.encode_document(text) : model_.encode(text);
  model_.append(tokens);
}

bool Conversation::goes_on(const std::vector<Message>& messages) const {
  return messages.size() > messages_.size() &&
         std::equal(messages_.begin(), messages_.end(), messages.begin());
}

// What the messages add to what was read, in the model's template. A template that writes what was read in
// another way, such as without an answer's reasoning, gets the new messages as a conversation of their own.
std::string Conversation::new_text(const std::vector<Message>& messages) {
  const std::size_t known = messages_.size();
  const std::optional<std::string> whole = model_.render(messages);
  if (!whole) {
    rendered_.clear();
    return plain(messages, known);
  }
  const std::string before = std::exchange(rendered_, *whole);
  if (known == 0) return *whole;
  if (whole->starts_with(before)) return whole->substr(before.size());
  const std::string& answer = messages_.back().content;  // with white space that the template takes away
  const std::string start = before.substr(0, before.size() - std::min(answer.size(), before.size())) +
                            std::string(text::trimmed(answer));
  if (whole->starts_with(start)) return whole->substr(start.size());
  return model_.render({messages.begin() + static_cast<std::ptrdiff_t>(known), messages.end()}).value_or("");
}

// The same; what the template does not take is the messages' fault.
std::string Conversation::asked_text(const std::vector<Message>& messages) {
  try {
    return new_text(messages);
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::recipe) throw;
    throw RefusedMessages(failure.code(), failure.message(), failure.notes());
  }
}

void Conversation::take(const Tokens& tokens, const Listener& listener) {
  const std::int64_t before = model_.view().cursor;
  model_.append(tokens);
  if (listener.context && model_.view().cursor != before) listener.context();
}

Answer Conversation::answer(const std::vector<Message>& messages, const Sampling& sampling,
                            const Listener& listener, const volatile std::int32_t* cancel) {
  const Clock::time_point began = Clock::now();
  for (const Message& message : messages) {
    if (!text::is_utf8(message.content)) throw RefusedMessages(ExitCode::recipe, "the message is not UTF-8");
  }
  if (!std::exchange(marked_, true)) model_.mark();
  if (broken_ || !goes_on(messages)) {
    model_.return_to_mark();
    messages_.clear();
    rendered_.clear();
  }
  const std::string text = asked_text(messages);
  broken_ = true;  // until the answer is there
  const auto encoded = [&] {
    if (!rendered_.empty()) return model_.encode_rendered(text);  // a template writes its own begin
    return model_.history().empty() ? model_.encode_document(text) : model_.encode(text);
  };
  take(encoded(), listener);
  messages_.clear();

  Answer answer;
  answer.history = std::ssize(model_.history());
  answer.end = Answer::End::length;
  AnswerText said(model_, sampling.stop);
  bool as_said = true;  // the history holds what the answer says
  try {
    while (said.tokens() < sampling.most) {
      const std::optional<std::int32_t> token = model_.next(sampling, cancel);
      if (said.tokens() == 0) answer.first_token_seconds = seconds_since(began);
      if (!token) {
        answer.end = Answer::End::stop;
        break;
      }
      const std::string_view more = said.add(*token);
      if (said.stopped()) {
        answer.end = Answer::End::stop;
        as_said = said.ends_with_last_token();
        break;
      }
      take({*token}, listener);
      if (more.empty() || !listener.text || listener.text(more)) continue;
      answer.end = Answer::End::canceled;
      break;
    }
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::interrupted) throw;
    answer.end = Answer::End::canceled;
  }
  if (const std::string_view rest = said.rest(); !rest.empty() && listener.text) listener.text(rest);
  answer.text = said.text();
  answer.tokens = said.tokens();
  answer.seconds = seconds_since(began);
  messages_ = messages;
  messages_.push_back({"assistant", as_utf8(answer.text)});
  if (!rendered_.empty()) rendered_ += messages_.back().content;
  broken_ = !as_said;
  return answer;
}

}  // namespace gistmill
