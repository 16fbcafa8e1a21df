#include "host/model/text_codec.hpp"

#include <utility>

#include <gistmill/text/utf8.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/identity/file_identity.hpp"
#include "host/instance/array_call.hpp"
#include "host/instance/begin_tokens.hpp"

namespace gistmill {

TextCodec::TextCodec(std::unique_ptr<Instance> instance)
    : instance_(std::move(instance)),
      begin_tokens_(begin_tokens_of(*instance_)),
      vocabulary_(vocabulary_of(*instance_)) {
  instance_->start({}, 0);
}

Tokens TextCodec::encode(std::string_view text) const {
  return tokens_of(call_operation(*instance_, "encode", {{"text", bytes_array(text)}}).at("tokens"));
}

Tokens TextCodec::encode_document(std::string_view text) const {
  return as_document(begin_tokens_, encode(text));
}

std::string TextCodec::identity() const { return file_identity(*instance_); }

std::string TextCodec::decode(const Tokens& tokens) const {
  return text_of(call_operation(*instance_, "decode", {{"tokens", token_array(tokens)}}).at("text"));
}

std::string TextCodec::decode_behind(const Tokens& before, const Tokens& made) const {
  const Tokens tokens = known_tokens(made, vocabulary_);
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
