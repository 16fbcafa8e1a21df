// The text of an answer as its tokens come: what of it can be told already, and where a stop sequence ends
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/chat/chat_model.hpp"

namespace gistmill {

class AnswerText {
 public:
  // Behind the model's history as it is now. stops: texts that end the answer and are no part of it; none is
  // empty. Both must outlive this.
  AnswerText(const ChatModel& model, const std::vector<std::string>& stops);

  // What can be told more with `token`: whole characters in which no stop sequence can begin any more.
  // Nothing where one has ended the answer.
  std::string_view add(std::int32_t token);
  // What was held back.
  std::string_view rest() { return more(text_.size()); }

  bool stopped() const { return stopped_; }
  // Of an answer that stopped: it ends where its last token begins, so the tokens before say just that.
  bool ends_with_last_token() const { return whole_tokens_; }

  const std::string& text() const { return text_; }
  std::int64_t tokens() const { return static_cast<std::int64_t>(tokens_.size()); }

 private:
  std::string_view more(std::size_t end);
  void stop_at_first();
  std::size_t free_of_stops() const;

  const ChatModel& model_;
  const std::vector<std::string>& stops_;
  Tokens before_, tokens_;
  std::string start_, text_;
  std::size_t told_ = 0;
  std::size_t known_ = 0;  // bytes of the text before the last token
  bool stopped_ = false;
  bool whole_tokens_ = false;
};

}  // namespace gistmill
