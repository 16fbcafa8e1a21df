// Where a conversation is shown: answers on standard output as they come, the working context beside it; or
// all of it as events. Keeps a record where there is one.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "host/chat/chat_record.hpp"
#include "host/chat/conversation.hpp"

namespace gistmill {

class ChatScreen {
 public:
  // watch: the context is shown when it has changed. record: may be null. All outlive this.
  ChatScreen(ChatModel& model, bool json, bool watch, ChatRecord* record)
      : model_(model), json_(json), watch_(watch), record_(record) {}

  void prompt() const;                    // at a terminal
  void message(const std::string& text);  // a turn begins
  bool text(std::string_view more);       // of its answer
  void answer(const Answer& answer);      // which is whole
  void refused(const Failure& failure);   // there is none
  void changed();                         // the context; shown with the next show_changes()
  void show_changes();
  void show_context();  // asked for, whatever has changed

 private:
  void event(const nlohmann::ordered_json& json) const;
  nlohmann::ordered_json context_event(const ContextView& view) const;
  void lines(const ContextView& view, std::int64_t since) const;
  void picture(const char* when);

  ChatModel& model_;
  bool json_;
  bool watch_;
  ChatRecord* record_;
  int turn_ = 0;
  bool answers_ = false;                 // a text of this turn has come
  std::int64_t turn_begin_ = 0;          // cursor before this turn
  std::int64_t shown_ = 0;               // cursor up to which actions were shown
  std::optional<std::int64_t> pending_;  // the same, of what is to be shown
};

}  // namespace gistmill
