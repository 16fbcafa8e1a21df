// A conversation in a folder: what was said and done as lines of JSON, pictures of the working context before
// and after each turn, and the trace that plays it again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "host/chat/chat_model.hpp"

namespace gistmill {

class ChatRecord {
 public:
  // Throws Failure where the folder holds something already, or cannot be made.
  explicit ChatRecord(std::filesystem::path folder);

  void event(const nlohmann::ordered_json& json);
  // FOLDER/turn-01-before.svg: the context as it is, with marks of what was done behind token `since`.
  void picture(const std::string& name, const ContextView& view, std::int64_t since);
  // events.jsonl, and trace.jsonl where the model tells one. Once, last.
  void finish(const ChatModel& model);

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::string events_;
};

}  // namespace gistmill
