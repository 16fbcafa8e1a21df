// OpenAI's chat completions as JSON: what a request asks for, and what is answered. Knows no network. The
// fields are those of https://platform.openai.com/docs/api-reference/chat; what is not supported is refused,
// not passed over.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/chat/conversation.hpp"

namespace gistmill::openai {

// An error in the API's own form: {"error": {"message", "type", "param", "code"}}.
struct Refusal {
  int status = 400;
  std::string message = {};
  std::string param = {};  // the field; empty: none
  std::string code = {};   // "model_not_found"; empty: none
  std::string type = "invalid_request_error";
};
std::string to_json(const Refusal& refusal);

struct Request {
  std::vector<Message> messages;
  Sampling sampling;
  bool stream = false;
  bool usage = false;  // of a stream: a last part with it
};

// `body` of POST /v1/chat/completions, for the one model that there is. usual: where a field is not given.
// Throws Refusal.
Request parse_request(const std::string& body, const std::string& model, const Sampling& usual);

// What all parts of one answer share.
struct Head {
  std::string id;  // "chatcmpl-3"
  std::string model;
  std::int64_t created = 0;  // seconds since 1970
};

std::string completion(const Head& head, const Answer& answer);

// Parts of a stream, each as "data: {...}\n\n".
std::string first_part(const Head& head);
std::string text_part(const Head& head, std::string_view text);
// The last ones: the end, the usage where it is asked for, and "[DONE]".
std::string last_parts(const Head& head, const Answer& answer, bool usage);
std::string error_part(const Refusal& refusal);

std::string models(const std::string& model, std::int64_t created);
std::string one_model(const std::string& model, std::int64_t created);

}  // namespace gistmill::openai
