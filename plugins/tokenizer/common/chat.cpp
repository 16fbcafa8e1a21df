// The known templates. Each function writes what the template of its name renders for messages without tools,
// with add_generation_prompt, and is checked against Jinja on recorded messages.
#include "plugins/tokenizer/common/chat.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/json.hpp>

#include "plugins/tokenizer/common/chat_text.hpp"

namespace gistmill::tokenizer {
namespace {

using Messages = std::vector<ChatMessage>;

const std::string kImStart = "<|im_start|>";
const std::string kImEnd = "<|im_end|>\n";

std::string im_message(const std::string& role, const std::string& content) {
  return kImStart + role + "\n" + content + kImEnd;
}

bool opens_with_system(const Messages& messages) { return messages.front().role == "system"; }

std::string smollm2(const Messages& messages, const ChatContext&) {
  std::string text;
  if (!opens_with_system(messages)) {
    text += im_message("system", "You are a helpful AI assistant named SmolLM, trained by Hugging Face");
  }
  for (const ChatMessage& message : messages) text += im_message(message.role, message.content);
  return text + kImStart + "assistant\n";
}

constexpr const char* kSmolLm3Thinking =
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face. Your role as an assistant "
    "involves "
    "thoroughly exploring questions through a systematic thinking process before providing the final precise "
    "and "
    "accurate solutions. This requires engaging in a comprehensive cycle of analysis, summarizing, "
    "exploration, "
    "reassessment, reflection, backtracking, and iteration to develop well-considered thinking process. "
    "Please "
    "structure your response into two main sections: Thought and Solution using the specified format: "
    "<think> "
    "Thought section </think> Solution section. In the Thought section, detail your reasoning process in "
    "steps. "
    "Each step should include detailed considerations such as analysing questions, summarizing relevant "
    "findings, "
    "brainstorming new ideas, verifying the accuracy of the current steps, refining any errors, and "
    "revisiting "
    "previous steps. In the Solution section, based on various attempts, explorations, and reflections from "
    "the "
    "Thought section, systematically present the final solution that you deem correct. The Solution section "
    "should be logical, accurate, and concise and detail necessary steps needed to reach the conclusion.";

std::string smollm3(const Messages& messages, const ChatContext&) {
  bool thinks = true;
  std::string instructions;
  if (opens_with_system(messages)) {
    instructions = messages.front().content;
    thinks = instructions.find("/no_think") == std::string::npos;
    instructions = strip_right(replace_all(replace_all(instructions, "/no_think", ""), "/think", ""));
  }
  if (instructions.empty()) {
    instructions =
        thinks ? kSmolLm3Thinking : "You are a helpful AI assistant named SmolLM, trained by Hugging Face.";
  }
  const std::string answer = std::string("assistant\n") + (thinks ? "" : "<think>\n\n</think>\n");
  std::string text = kImStart + "system\n## Metadata\n\nKnowledge Cutoff Date: June 2025\nReasoning Mode: " +
                     (thinks ? "/think" : "/no_think") + "\n\n## Custom Instructions\n\n" + instructions +
                     "\n\n" + kImEnd;
  for (const ChatMessage& message : messages) {
    if (message.role == "user") text += im_message("user", message.content);
    if (message.role == "assistant") text += kImStart + answer + strip_left(message.content, "\n") + kImEnd;
  }
  return text + kImStart + answer;
}

std::string qwen2_5(const Messages& messages, const ChatContext&) {
  std::string text;
  if (!opens_with_system(messages)) {
    text += im_message("system", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.");
  }
  for (const ChatMessage& message : messages) text += im_message(message.role, message.content);
  return text + kImStart + "assistant\n";
}

// What an assistant wrote, and what it thought before, which later turns leave out.
struct Thought {
  std::string reasoning, content;
};
Thought thought_of(const std::string& content) {
  static const std::string kOpen = "<think>", kClose = "</think>";
  const std::size_t first = content.find(kClose);
  if (first == std::string::npos) return {"", content};
  const std::string before = strip_right(content.substr(0, first), "\n");
  const std::size_t open = before.rfind(kOpen);
  return {strip_left(open == std::string::npos ? before : before.substr(open + kOpen.size()), "\n"),
          strip_left(content.substr(content.rfind(kClose) + kClose.size()), "\n")};
}

std::string qwen3(const Messages& messages, const ChatContext&) {
  std::size_t last_query = messages.size() - 1;
  for (std::size_t i = messages.size(); i-- > 0;) {
    const std::string& content = messages[i].content;
    const bool tool = content.starts_with("<tool_response>") && content.ends_with("</tool_response>");
    if (messages[i].role == "user" && !tool) {
      last_query = i;
      break;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    if (message.role != "assistant") {
      text += im_message(message.role, message.content);
      continue;
    }
    const Thought thought = thought_of(message.content);
    const bool shown = i > last_query && (i + 1 == messages.size() || !thought.reasoning.empty());
    text +=
        im_message("assistant", shown ? "<think>\n" + strip_left(strip_right(thought.reasoning, "\n"), "\n") +
                                            "\n</think>\n\n" + strip_left(thought.content, "\n")
                                      : thought.content);
  }
  return text + kImStart + "assistant\n";
}

std::string llama3_message(const std::string& role, const std::string& content) {
  return "<|start_header_id|>" + role + "<|end_header_id|>\n\n" + strip(content) + "<|eot_id|>";
}

std::string llama3_2(const Messages& messages, const ChatContext& context) {
  const bool system = opens_with_system(messages);
  std::string text = context.bos + "<|start_header_id|>system<|end_header_id|>\n\n" +
                     "Cutting Knowledge Date: December 2023\nToday Date: " + context.date + "\n\n" +
                     (system ? strip(messages.front().content) : "") + "<|eot_id|>";
  for (std::size_t i = system ? 1 : 0; i < messages.size(); ++i) {
    text += llama3_message(messages[i].role, messages[i].content);
  }
  return text + "<|start_header_id|>assistant<|end_header_id|>\n\n";
}

std::string llama2(const Messages& messages, const ChatContext& context) {
  const bool system = opens_with_system(messages);
  std::string text;
  for (std::size_t i = system ? 1 : 0, turn = 0; i < messages.size(); ++i, ++turn) {
    const ChatMessage& message = messages[i];
    if ((message.role == "user") != (turn % 2 == 0)) {
      throw std::invalid_argument("message " + std::to_string(i) + " is of the " + message.role +
                                  ", but roles must alternate user/assistant/user/assistant/...");
    }
    std::string content = message.content;
    if (turn == 0 && system) content = "<<SYS>>\n" + messages.front().content + "\n<</SYS>>\n\n" + content;
    if (message.role == "user") text += context.bos + "[INST] " + strip(content) + " [/INST]";
    if (message.role == "assistant") text += " " + strip(content) + " " + context.eos;
  }
  return text;
}

// As the templates of Llama 3 write it: "26 Jul 2024".
std::string today() {
  // Not by strftime, whose names of months follow the locale.
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  const std::string day = std::to_string(local.tm_mday);
  return (day.size() == 1 ? "0" : "") + day + " " + kMonths[static_cast<std::size_t>(local.tm_mon)] + " " +
         std::to_string(1900 + local.tm_year);
}

}  // namespace

const std::vector<ChatTemplate>& ChatTemplate::known() {
  static const std::vector<ChatTemplate> kKnown = {
      {"872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788", "SmolLM2-Instruct", Date::kNone,
       &smollm2},
      {"cbc1d50f777ec029b33f53b23d7a224cceb65bcc8c7fac54946dbb56514e4d1e", "SmolLM3", Date::kNone, &smollm3},
      {"55b2f4a26ac9ee719330a61a0c39d9e538b0e9322212f048326318cff4f8674a", "Qwen2.5-Instruct", Date::kNone,
       &qwen2_5},
      {"87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5", "Qwen3", Date::kNone, &qwen3},
      {"d82792f95932f1c9cef5c4bd992f171225e3bf8c7b609b4557c9e1ec96be819f", "Llama-3.2-Instruct", Date::kToday,
       &llama3_2},
      // As quoted in public repositories: the default date is the template's own.
      {"93c0e9aa3629bbd77e68dbc0f5621f6e6b23aa8d74b932595cdb8d64684526d7", "Llama-3.1-Instruct", Date::kFixed,
       &llama3_2},
      {"e8d5b5a546d3f19df16a5320c614fab05bdc4edd50e850f1afd947b503ea41cf", "Llama-2-chat", Date::kNone,
       &llama2},
  };
  return kKnown;
}

std::string ChatTemplate::sha256(std::string_view jinja) {
  if (jinja.ends_with('\n')) jinja.remove_suffix(1);
  return formats::sha256_hex(jinja);
}

const ChatTemplate* ChatTemplate::with_sha256(std::string_view hash) {
  for (const ChatTemplate& one : known()) {
    if (hash == one.sha256_) return &one;
  }
  return nullptr;
}

std::string ChatTemplate::default_date() const {
  return date_ == Date::kNone ? "" : date_ == Date::kFixed ? "26 Jul 2024" : today();
}

std::string ChatTemplate::known_names() {
  std::string names;
  for (const ChatTemplate& one : known()) names += (names.empty() ? "" : ", ") + std::string(one.name_);
  return names;
}

std::string ChatTemplate::render(const std::vector<ChatMessage>& messages, const ChatContext& context) const {
  if (messages.empty()) throw std::invalid_argument("there are no messages");
  return render_(messages, context);
}

std::vector<ChatMessage> parse_messages(std::string_view json) {
  const nlohmann::json list = formats::parse_json(json, "messages");
  if (!list.is_array()) throw std::invalid_argument("messages are not a JSON array");
  std::vector<ChatMessage> messages;
  for (const auto& one : list) {
    const std::string where = "message " + std::to_string(messages.size());
    if (!one.is_object()) throw std::invalid_argument(where + " is not an object");
    for (const auto& [key, value] : one.items()) {
      if (key != "role" && key != "content") {
        throw std::invalid_argument(where + " has " + formats::printable(key) +
                                    ", expected role and content only");
      }
      if (!value.is_string()) throw std::invalid_argument(where + ": " + key + " is not a string");
    }
    if (one.size() != 2) throw std::invalid_argument(where + " has no role or no content");
    ChatMessage message{one["role"], one["content"]};
    if (message.role != "system" && message.role != "user" && message.role != "assistant") {
      throw std::invalid_argument(where + " has role " + formats::printable(message.role) +
                                  ", expected system, user or assistant");
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

}  // namespace gistmill::tokenizer
