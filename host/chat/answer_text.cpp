#include "host/chat/answer_text.hpp"

#include <algorithm>
#include <utility>

namespace gistmill {
namespace {

constexpr std::size_t kBefore = 8;  // tokens that a token's text may depend on

// The bytes of `text` that are whole characters: a token may end within a letter.
std::size_t whole_characters(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;
    const std::size_t size = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    return size > back ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace

AnswerText::AnswerText(const ChatModel& model, const std::vector<std::string>& stops)
    : model_(model), stops_(stops) {
  const Tokens& history = model.history();
  before_.assign(history.end() - static_cast<std::ptrdiff_t>(std::min(kBefore, history.size())),
                 history.end());
  start_ = model.decode(before_);
}

std::string_view AnswerText::add(std::int32_t token) {
  tokens_.push_back(token);
  known_ = text_.size();
  Tokens all = before_;
  all.insert(all.end(), tokens_.begin(), tokens_.end());
  text_ = model_.decode(all);
  text_ = text_.starts_with(start_) ? text_.substr(start_.size()) : model_.decode(tokens_);
  stop_at_first();
  return stopped_ ? std::string_view() : more(std::min(whole_characters(text_), free_of_stops()));
}

// No sequence begins within what was told.
void AnswerText::stop_at_first() {
  std::size_t first = std::string::npos;
  for (const std::string& stop : stops_) first = std::min(first, text_.find(stop, told_));
  if (first == std::string::npos) return;
  stopped_ = true;
  whole_tokens_ = first == known_;
  text_.resize(first);
}

// The bytes before the longest end of the text that a stop sequence begins with.
std::size_t AnswerText::free_of_stops() const {
  std::size_t held = 0;
  for (const std::string& stop : stops_) {
    for (std::size_t size = std::min(stop.size() - 1, text_.size()); size > held; --size) {
      if (std::string_view(text_).ends_with(std::string_view(stop).substr(0, size))) held = size;
    }
  }
  return text_.size() - held;
}

std::string_view AnswerText::more(std::size_t end) {
  const std::size_t begin = std::exchange(told_, std::max(told_, end));
  return std::string_view(text_).substr(begin, told_ - begin);
}

}  // namespace gistmill
