// Events to lines of JSON; the reading side of an event is kept to its kind and time.
#include "plugins/logger/jsonl/jsonl_logger.hpp"

#include <gistmill/plugin.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace gistmill::jsonl {
namespace {

using Json = nlohmann::json;

// JSON may have newlines between its tokens, never within strings: there a newline is written "\n".
std::string on_one_line(std::string_view json) {
  std::string line(json);
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

std::string gap_message(std::uint64_t missing, const Json& event) {
  const Json message = {{"event", "message"},
                        {"time", event.value("time", Json(0.0))},
                        {"level", "warning"},
                        {"instance", "logger/jsonl"},
                        {"text", std::to_string(missing) + " events before this could not be written"}};
  return message.dump();
}

}  // namespace

JsonlLogger::JsonlLogger(std::filesystem::path path) : path_(std::move(path)) {}

void JsonlLogger::start() { file_ = std::make_unique<LineFile>(path_); }

void JsonlLogger::on_event(std::string_view json) {
  const Json event = Json::parse(json, nullptr, false);
  if (!event.is_object()) throw Error(GM_ERROR_MISUSE, "an event is not a JSON object");
  if (event.value("event", Json()) == "progress") return;
  if (file_ == nullptr) throw Error(GM_ERROR_MISUSE, "an event came before start");
  try {
    if (missing_ > 0) file_->append(gap_message(missing_, event));
    file_->append(on_one_line(json));
    missing_ = 0;
  } catch (const Error&) {
    ++missing_;
    if (missing_ == 1) throw;
  }
}

}  // namespace gistmill::jsonl
