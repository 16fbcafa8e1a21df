#include "host/chat/openai_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <gistmill/formats/json.hpp>

namespace gistmill::openai {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostMessages = 10000;
constexpr std::size_t kMostStops = 4;
constexpr std::size_t kMostStopBytes = 256;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

[[noreturn]] void refuse(const std::string& param, const std::string& message) {
  throw Refusal{400, message, param, "", "invalid_request_error"};
}

// The field, or null where it is not there or is null.
const nlohmann::json* given(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

double number(const nlohmann::json& body, const char* name, double fallback, double least, double most) {
  const nlohmann::json* value = given(body, name);
  if (value == nullptr) return fallback;
  if (!value->is_number() || value->get<double>() < least || value->get<double>() > most)
    refuse(name, fmt::format("'{}' should be a number from {} to {}", name, least, most));
  return value->get<double>();
}

std::int64_t integer(const nlohmann::json& body, const char* name, std::int64_t fallback, std::int64_t least,
                     std::int64_t most) {
  const nlohmann::json* value = given(body, name);
  if (value == nullptr) return fallback;
  const bool fits = value->is_number_integer() && value->get<double>() >= static_cast<double>(least) &&
                    value->get<double>() <= static_cast<double>(most);
  if (!fits) refuse(name, fmt::format("'{}' should be a whole number from {} to {}", name, least, most));
  return value->get<std::int64_t>();
}

bool flag(const nlohmann::json& body, const char* name) {
  const nlohmann::json* value = given(body, name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) refuse(name, fmt::format("'{}' should be true or false", name));
  return value->get<bool>();
}

// A text, or a list of parts that are texts.
std::string content_of(const nlohmann::json& message, const std::string& param) {
  const nlohmann::json* content = given(message, "content");
  if (content != nullptr && content->is_string()) return content->get<std::string>();
  if (content == nullptr || !content->is_array()) refuse(param, "a message's content should be a text");
  std::string text;
  for (const nlohmann::json& part : *content) {
    const bool is_text = part.is_object() && part.value("type", nlohmann::json()) == "text" &&
                         part.contains("text") && part["text"].is_string();
    if (!is_text) refuse(param, "a part of a message's content is not a text: this model reads texts alone");
    text += part["text"].get<std::string>();
  }
  return text;
}

std::vector<Message> messages_of(const nlohmann::json& body) {
  const nlohmann::json* list = given(body, "messages");
  if (list == nullptr || !list->is_array() || list->empty())
    refuse("messages", "'messages' should be a list of one message or more");
  if (list->size() > kMostMessages) refuse("messages", fmt::format("more than {} messages", kMostMessages));
  std::vector<Message> messages;
  for (const nlohmann::json& given_message : *list) {
    const std::string param = fmt::format("messages[{}]", messages.size());
    if (!given_message.is_object()) refuse(param, "a message should be an object");
    const nlohmann::json* role = given(given_message, "role");
    std::string name = role != nullptr && role->is_string() ? role->get<std::string>() : "";
    if (name == "developer") name = "system";
    if (name != "system" && name != "user" && name != "assistant")
      refuse(param + ".role", "a message's role should be system, developer, user or assistant");
    messages.push_back({name, content_of(given_message, param + ".content")});
  }
  if (messages.back().role == "assistant") refuse("messages", "the last message should be the user's");
  return messages;
}

// A text, or a list of them.
std::vector<std::string> stops_of(const nlohmann::json& body) {
  const nlohmann::json* stop = given(body, "stop");
  if (stop == nullptr) return {};
  const nlohmann::json list = stop->is_array() ? *stop : nlohmann::json::array({*stop});
  if (list.size() > kMostStops)
    refuse("stop", fmt::format("'stop' should have {} texts at most", kMostStops));
  std::vector<std::string> stops;
  for (const nlohmann::json& text : list) {
    if (!text.is_string() || text.get_ref<const std::string&>().empty() ||
        text.get_ref<const std::string&>().size() > kMostStopBytes) {
      refuse("stop", fmt::format("'stop' should be a text of 1 to {} bytes, or a list of such texts",
                                 kMostStopBytes));
    }
    stops.push_back(text.get<std::string>());
  }
  return stops;
}

// What would change the answer, and is not done here.
void refuse_unsupported(const nlohmann::json& body) {
  for (const char* name : {"tools", "functions", "logit_bias", "audio"}) {
    const nlohmann::json* value = given(body, name);
    if (value != nullptr && !(value->is_structured() && value->empty()))
      refuse(name, fmt::format("'{}' is not supported", name));
  }
  if (integer(body, "n", 1, 1, 1 << 20) != 1) refuse("n", "'n' should be 1: there is one answer");
  if (flag(body, "logprobs")) refuse("logprobs", "'logprobs' is not supported");
  for (const char* name : {"presence_penalty", "frequency_penalty"}) {
    if (number(body, name, 0, -2, 2) != 0) refuse(name, fmt::format("'{}' is not supported", name));
  }
  const nlohmann::json* format = given(body, "response_format");
  if (format != nullptr && !(format->is_object() && format->value("type", nlohmann::json()) == "text"))
    refuse("response_format", "'response_format' should be text");
}

nlohmann::json body_of(const std::string& bytes) {
  try {
    nlohmann::json body = formats::parse_json(bytes, "body");
    if (body.is_object()) return body;
  } catch (const formats::FormatError& error) {
    refuse("", fmt::format("the body is not JSON that can be read: {}", error.what()));
  }
  refuse("", "the body should be a JSON object");
}

const char* finish(const Answer& answer) { return answer.end == Answer::End::length ? "length" : "stop"; }

Json usage_of(const Answer& answer) {
  return {{"prompt_tokens", answer.history},
          {"completion_tokens", answer.tokens},
          {"total_tokens", answer.history + answer.tokens}};
}

Json part(const Head& head, Json choices) {
  return {{"id", head.id},
          {"object", "chat.completion.chunk"},
          {"created", head.created},
          {"model", head.model},
          {"choices", std::move(choices)}};
}

std::string event(const Json& json) { return "data: " + text_of(json) + "\n\n"; }

Json choice(Json delta, Json finish_reason) {
  return Json::array(
      {{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish_reason)}}});
}

Json model_json(const std::string& model, std::int64_t created) {
  return {{"id", model}, {"object", "model"}, {"created", created}, {"owned_by", "gistmill"}};
}

}  // namespace

std::string to_json(const Refusal& refusal) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  return text_of({{"error",
                   {{"message", refusal.message},
                    {"type", refusal.type},
                    {"param", or_null(refusal.param)},
                    {"code", or_null(refusal.code)}}}});
}

Request parse_request(const std::string& body_text, const std::string& model, const Sampling& usual) {
  const nlohmann::json body = body_of(body_text);
  const nlohmann::json* name = given(body, "model");
  if (name == nullptr || !name->is_string()) refuse("model", "'model' should be the name of a model");
  if (*name != model) {
    throw Refusal{404,
                  fmt::format("the model '{}' does not exist; this is '{}'", name->get<std::string>(), model),
                  "model", "model_not_found", "invalid_request_error"};
  }
  refuse_unsupported(body);
  Request request;
  request.messages = messages_of(body);
  request.sampling = usual;
  request.sampling.temperature = number(body, "temperature", usual.temperature, 0, 2);
  request.sampling.top_p = number(body, "top_p", usual.top_p, 0.0001, 1);
  request.sampling.seed = static_cast<std::uint64_t>(
      integer(body, "seed", static_cast<std::int64_t>(usual.seed), 0, std::int64_t{1} << 53));
  request.sampling.most = integer(body, "max_tokens", usual.most, 1, 1 << 20);
  request.sampling.most = integer(body, "max_completion_tokens", request.sampling.most, 1, 1 << 20);
  request.sampling.stop = stops_of(body);
  request.stream = flag(body, "stream");
  if (const nlohmann::json* options = given(body, "stream_options"); options != nullptr) {
    if (!options->is_object()) refuse("stream_options", "'stream_options' should be an object");
    request.usage = flag(*options, "include_usage");
  }
  return request;
}

std::string completion(const Head& head, const Answer& answer) {
  return text_of({{"id", head.id},
                  {"object", "chat.completion"},
                  {"created", head.created},
                  {"model", head.model},
                  {"choices", Json::array({{{"index", 0},
                                            {"message", {{"role", "assistant"}, {"content", answer.text}}},
                                            {"logprobs", nullptr},
                                            {"finish_reason", finish(answer)}}})},
                  {"usage", usage_of(answer)}});
}

std::string first_part(const Head& head) {
  return event(part(head, choice({{"role", "assistant"}, {"content", ""}}, nullptr)));
}

std::string text_part(const Head& head, std::string_view text) {
  return event(part(head, choice({{"content", text}}, nullptr)));
}

std::string last_parts(const Head& head, const Answer& answer, bool usage) {
  std::string text = event(part(head, choice(Json::object(), finish(answer))));
  if (usage) {
    Json json = part(head, Json::array());
    json["usage"] = usage_of(answer);
    text += event(json);
  }
  return text + "data: [DONE]\n\n";
}

std::string error_part(const Refusal& refusal) { return "data: " + to_json(refusal) + "\n\n"; }

std::string models(const std::string& model, std::int64_t created) {
  return text_of({{"object", "list"}, {"data", Json::array({model_json(model, created)})}});
}

std::string one_model(const std::string& model, std::int64_t created) {
  return text_of(model_json(model, created));
}

}  // namespace gistmill::openai
