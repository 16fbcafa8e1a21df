#include "host/cli/chat_screen.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include <gistmill/text/shown.hpp>

#include "host/cli/terminal.hpp"

namespace gistmill {

namespace {

constexpr std::size_t kMostLines = 12;  // of actions, at a time

}  // namespace

void ChatScreen::event(const nlohmann::ordered_json& json) const {
  if (record_ != nullptr) record_->event(json);
  if (json_) print_answer(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

void ChatScreen::prompt() const {
  if (!json_ && isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0) fmt::print(stderr, "> ");
}

void ChatScreen::picture(const char* when) {
  if (record_ != nullptr)
    record_->picture(fmt::format("turn-{:02}-{}", turn_, when), model_.view(), turn_begin_);
}

void ChatScreen::message(const std::string& text) {
  ++turn_;
  answers_ = false;
  turn_begin_ = model_.view().cursor;
  if (record_ != nullptr) record_->event({{"event", "message"}, {"text", text}});
  picture("before");
}

bool ChatScreen::text(std::string_view more) {
  if (!std::exchange(answers_, true)) picture("read");
  if (json_)
    event({{"event", "text"}, {"text", more}});
  else
    print_answer(isatty(STDOUT_FILENO) != 0 ? text::printable(more) : std::string(more));
  return true;
}

void ChatScreen::answer(const Answer& answer) {
  event({{"event", "answer"},
         {"text", answer.text},
         {"end", to_text(answer.end)},
         {"history", answer.history},
         {"tokens", answer.tokens},
         {"first_token_seconds", answer.first_token_seconds},
         {"seconds", answer.seconds}});
  picture("after");
  if (json_) return;
  print_answer("\n");
  if (watch_)
    print_talk(fmt::format("{} tokens behind a history of {} in {:.2f} s, the first after {:.2f} s",
                           answer.tokens, answer.history, answer.seconds, answer.first_token_seconds));
}

void ChatScreen::refused(const Failure& failure) {
  event({{"event", "refused"}, {"message", failure.message()}});
  if (!json_) print_failure(failure);
}

nlohmann::ordered_json ChatScreen::context_event(const ContextView& view) const {
  nlohmann::ordered_json json = {{"event", "context"}};
  json.update(to_json(view));
  return json;
}

void ChatScreen::changed() {
  const ContextView view = model_.view();
  const std::int64_t since = std::exchange(shown_, view.cursor);
  if (!watch_ && record_ == nullptr) return;
  if (json_ && !watch_)
    record_->event(context_event(view));
  else
    event(context_event(view));
  pending_ = std::min(pending_.value_or(since), since);  // not in the middle of an answer
}

void ChatScreen::show_changes() {
  if (pending_ && watch_ && !json_) lines(model_.view(), *pending_);
  pending_.reset();
}

void ChatScreen::show_context() {
  const ContextView view = model_.view();
  if (json_) return event(context_event(view));
  lines(view, -1);
}

void ChatScreen::lines(const ContextView& view, std::int64_t since) const {
  print_talk(summary_line(view));
  const std::string picture = picture_line(view, std::min(terminal_size().columns, 120), draws_utf8());
  if (!picture.empty()) print_talk(picture);
  const auto text = [this](std::int64_t begin, std::int64_t end) {
    const Tokens& all = model_.history();
    return model_.decode({all.begin() + begin, all.begin() + std::min<std::int64_t>(end, std::ssize(all))});
  };
  const std::vector<std::string> actions = action_lines(view, since, text);
  const std::size_t first = actions.size() - std::min(actions.size(), kMostLines);
  if (first > 0) print_talk(fmt::format("{} more were opened or closed before these", first));
  for (std::size_t i = first; i < actions.size(); ++i) print_talk(actions[i]);
}

}  // namespace gistmill
