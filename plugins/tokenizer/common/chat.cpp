#include "plugins/tokenizer/common/chat.hpp"

#include <algorithm>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/json.hpp>
#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/strftime.hpp"
#include "plugins/tokenizer/common/chat_date.hpp"

namespace gistmill::tokenizer {
namespace {

using nlohmann::ordered_json;
using std::invalid_argument;

// Behind the text that goes on; what a template puts behind it is cut off there. As transformers has it.
const std::string kContinued = "CONTINUE_FINAL_MESSAGE_TAG ";

void check_messages(const ordered_json& messages) {
  if (!messages.is_array()) throw invalid_argument("messages are not a JSON array");
  if (messages.empty()) throw invalid_argument("there are no messages");
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::string where = "message " + std::to_string(i);
    if (!messages[i].is_object()) throw invalid_argument(where + " is not an object");
    const auto role = messages[i].find("role");
    if (role == messages[i].end()) throw invalid_argument(where + " has no role");
    if (!role->is_string()) throw invalid_argument(where + ": role is not a string");
  }
}

bool take_flag(ordered_json* variables, const char* key, bool otherwise) {
  const auto found = variables->find(key);
  if (found == variables->end()) return otherwise;
  if (!found->is_boolean()) throw invalid_argument(std::string(key) + " is not true or false");
  const bool value = found->get<bool>();
  variables->erase(key);
  return value;
}

// The text at the end of the last message, with the mark behind it.
std::string mark_last(ordered_json* messages) {
  ordered_json& last = messages->back();
  ordered_json* text = last.contains("content") ? &last["content"] : nullptr;
  if (text && text->is_array()) {
    const auto block = std::find_if(text->rbegin(), text->rend(), [](const ordered_json& one) {
      return one.is_object() && one.contains("text");
    });
    text = block == text->rend() ? nullptr : &(*block)["text"];
  }
  if (!text || !text->is_string()) throw invalid_argument("the last message has no text to continue");
  auto original = text->get<std::string>();
  *text = original + kContinued;
  return original;
}

std::string cut_at_mark(const std::string& text, const std::string& original) {
  const std::string bare = kContinued.substr(0, kContinued.size() - 1);
  const std::size_t at = text.rfind(bare);
  const std::string_view stripped = chat_template::strip_left(chat_template::strip_right(original));
  if (at == std::string::npos || text.find(stripped) == std::string::npos) {
    throw invalid_argument("the template leaves out the last message, so that it cannot be continued");
  }
  if (text.compare(at, kContinued.size(), kContinued) == 0) return text.substr(0, at);
  return std::string(chat_template::strip_right(std::string_view(text).substr(0, at)));
}

}  // namespace

namespace {

// As transformers 5.24 gives a message to a template: without keys that are null, which some services answer
// with, and with its reasoning under both names that templates read.
ordered_json plain_message(const ordered_json& message) {
  ordered_json reasoning;
  for (const char* key : {"reasoning_content", "thinking", "reasoning"}) {
    if (reasoning.is_null() && message.contains(key)) reasoning = message[key];
  }
  ordered_json plain = ordered_json::object();
  if (!reasoning.is_null()) plain["thinking"] = reasoning;
  for (const auto& [key, value] : message.items()) {
    if (!value.is_null()) plain[key] = value;
  }
  if (!reasoning.is_null()) plain["reasoning_content"] = reasoning;
  return plain;
}

}  // namespace

ChatRequest parse_request(std::string_view json) {
  formats::parse_json(json, "messages");  // refuses what is no JSON, with its place
  ordered_json given = ordered_json::parse(json);
  ChatRequest request;
  if (given.is_object()) {
    request.variables = std::move(given);
  } else {
    request.variables["messages"] = std::move(given);
  }
  ordered_json& variables = request.variables;
  check_messages(variables["messages"]);
  for (ordered_json& message : variables["messages"]) message = plain_message(message);
  request.continues = take_flag(&variables, "continue_final_message", false);
  const bool opens = take_flag(&variables, "add_generation_prompt", !request.continues);
  if (opens && request.continues) {
    throw invalid_argument("continue_final_message and add_generation_prompt exclude each other");
  }
  variables["add_generation_prompt"] = opens;
  if (const auto name = variables.find("chat_template"); name != variables.end()) {
    if (!name->is_string()) throw invalid_argument("chat_template is not the name of a template");
    request.template_name = name->get<std::string>();
    variables.erase("chat_template");
  }
  for (const char* key : {"tools", "documents"}) {
    if (!variables.contains(key)) variables[key] = nullptr;
  }
  return request;
}

Chat::Chat(const std::vector<ChatSource>& sources, ordered_json special_texts, const std::string& date)
    : special_texts_(std::move(special_texts)),
      date_(date),
      now_(date.empty() ? local_time() : day_of(date)) {
  // A token of a GGUF file may be any bytes; templates are text.
  for (auto one = special_texts_.begin(); one != special_texts_.end();) {
    const bool is_text = !one->is_string() || text::is_utf8(one->get_ref<const std::string&>());
    one = is_text ? std::next(one) : special_texts_.erase(one);
  }
  formats::Sha256 sha;
  bool tells_day = false, tells_time = false;
  for (const ChatSource& source : sources) {
    templates_.push_back(read(source));
    sha.update_field(source.name);
    sha.update_field(source.text);
    const bool asks = source.text.find("strftime_now") != std::string::npos;
    tells_day |= asks;
    for (const char* part : {"%H", "%I", "%M", "%S", "%T", "%p"}) {
      tells_time |= asks && source.text.find(part) != std::string::npos;
    }
  }
  if (templates_.empty()) return;
  sha.update_field(special_texts_.dump());
  sha.update_field(date_);
  sha.update_field(tells_day ? chat_template::strftime_text(tells_time ? "%F %T" : "%F", now_) : "");
  digest_ = sha.hex();
}

Chat::Named Chat::read(const ChatSource& source) {
  Named one{source.name, source.place, std::nullopt, {}};
  try {
    one.read.emplace(source.text);
  } catch (const chat_template::Refusal& refusal) {
    one.complaint = source.place + ":" + refusal.what();
  }
  return one;
}

std::string Chat::names() const {
  std::string names;
  for (const Named& one : templates_) names += (names.empty() ? "" : ", ") + one.name;
  return names;
}

std::string Chat::complaint() const {
  for (const Named& one : templates_) {
    if (!one.complaint.empty()) return one.complaint;
  }
  return {};
}

const Chat::Named& Chat::choose(const ChatRequest& request) const {
  const auto find = [&](const std::string& name) {
    return std::find_if(templates_.begin(), templates_.end(),
                        [&](const Named& one) { return one.name == name; });
  };
  auto found = find(request.template_name.empty() ? "default" : request.template_name);
  if (request.template_name.empty() && !request.variables["tools"].is_null()) {
    if (const auto tool_use = find("tool_use"); tool_use != templates_.end()) found = tool_use;
  }
  if (found == templates_.end()) {
    const std::string wanted =
        request.template_name.empty() ? "default" : formats::printable(request.template_name);
    throw invalid_argument("there is no chat template " + wanted + ", expected one of " + names());
  }
  if (!found->complaint.empty()) throw UnreadableTemplate(found->complaint);
  return *found;
}

std::string Chat::run(const Named& chosen, const ordered_json& variables) const {
  ordered_json all = special_texts_;
  if (!date_.empty()) all["date_string"] = date_;
  all.update(variables);
  try {
    return chosen.read->render(chat_template::variables_from(all), [this] { return now_; });
  } catch (const chat_template::Refusal& refusal) {
    throw invalid_argument(chosen.place + ":" + refusal.what());
  }
}

std::string Chat::render(const ChatRequest& request) const {
  const Named& chosen = choose(request);
  if (!request.continues) return run(chosen, request.variables);
  ordered_json variables = request.variables;
  const std::string original = mark_last(&variables["messages"]);
  return cut_at_mark(run(chosen, variables), original);
}

}  // namespace gistmill::tokenizer
