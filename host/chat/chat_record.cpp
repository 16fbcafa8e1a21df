#include "host/chat/chat_record.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "host/chat/context_picture.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"

namespace gistmill {

ChatRecord::ChatRecord(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  if (std::filesystem::exists(folder_, error) && !std::filesystem::is_empty(folder_, error)) {
    throw Failure(ExitCode::failed, fmt::format("{} holds something already", folder_.string()),
                  {"name a folder that is not there, or is empty"});
  }
  make_folders(folder_);
}

void ChatRecord::event(const nlohmann::ordered_json& json) {
  events_ += json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void ChatRecord::picture(const std::string& name, const ContextView& view, std::int64_t since) {
  write_file_atomically(folder_ / (name + ".svg"), svg_picture(view, since));
}

void ChatRecord::finish(const ChatModel& model) {
  write_file_atomically(folder_ / "events.jsonl", events_);
  if (const auto trace = model.trace()) write_file_atomically(folder_ / "trace.jsonl", *trace);
}

}  // namespace gistmill
