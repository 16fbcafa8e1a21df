#include "host/model/text_codec.hpp"

#include <algorithm>
#include <utility>

#include <gistmill/text/utf8.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/instance/array_call.hpp"

namespace gistmill {

namespace {

// {"begin_tokens": [1]}; else {"add_bos": true, "special_tokens": {"bos": 1}}, or "bos": {"id": 1}.
Tokens begin_tokens_of(const Instance& instance) {
  const nlohmann::ordered_json description = instance.describe();
  const auto stated = description.find("begin_tokens");
  Tokens begin;
  if (stated != description.end() && stated->is_array()) {
    for (const auto& id : *stated) {
      if (id.is_number_integer()) begin.push_back(id.get<std::int32_t>());
    }
    return begin;
  }
  const auto adds = description.find("add_bos");
  if (adds == description.end() || *adds != true) return begin;
  for (const char* path : {"/special_tokens/bos", "/special_tokens/bos/id"}) {
    const nlohmann::ordered_json::json_pointer place(path);
    if (description.contains(place) && description[place].is_number_integer())
      begin = {description[place].get<std::int32_t>()};
  }
  return begin;
}

}  // namespace

TextCodec::TextCodec(std::unique_ptr<Instance> instance)
    : instance_(std::move(instance)), begin_tokens_(begin_tokens_of(*instance_)) {
  instance_->start({}, 0);
}

Tokens TextCodec::encode(std::string_view text) const {
  return tokens_of(call_operation(*instance_, "encode", {{"text", bytes_array(text)}}).at("tokens"));
}

Tokens TextCodec::encode_document(std::string_view text) const {
  Tokens tokens = encode(text);
  const bool begins = tokens.size() >= begin_tokens_.size() &&
                      std::equal(begin_tokens_.begin(), begin_tokens_.end(), tokens.begin());
  if (!begins) tokens.insert(tokens.begin(), begin_tokens_.begin(), begin_tokens_.end());
  return tokens;
}

std::string TextCodec::decode(const Tokens& tokens) const {
  return text_of(call_operation(*instance_, "decode", {{"tokens", token_array(tokens)}}).at("text"));
}

std::string TextCodec::decode_behind(const Tokens& before, const Tokens& tokens) const {
  if (before.empty()) return decode(tokens);
  const std::string start = decode(before);
  Tokens all = before;
  all.insert(all.end(), tokens.begin(), tokens.end());
  std::string text = decode(all);
  if (text.compare(0, start.size(), start) != 0) return decode(tokens);
  text.erase(0, start.size());
  return text;
}

std::string TextCodec::chat(const std::string& user, const std::optional<std::string>& system) const {
  if (!text::is_utf8(system.value_or("")) || !text::is_utf8(user))
    throw Failure(ExitCode::recipe, "a message is not UTF-8, which chat templates need");
  nlohmann::json messages = nlohmann::json::array();
  if (system) messages.push_back({{"role", "system"}, {"content", *system}});
  messages.push_back({{"role", "user"}, {"content", user}});
  const Tensor given = bytes_array(messages.dump());
  return text_of(call_operation(*instance_, "chat", {{"messages", given}}).at("text"));
}

}  // namespace gistmill
