// Text to token ids and back outside of a recipe, by the operations encode, decode and chat.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/instance/instance.hpp"

namespace gistmill {

using Tokens = std::vector<std::int32_t>;

class TextCodec {
 public:
  // Starts the instance.
  explicit TextCodec(std::unique_ptr<Instance> instance);

  Tokens encode(std::string_view text) const;
  // As a model reads a document: after the begin tokens, if the component's description says that there are
  // any and the text does not begin with them.
  Tokens encode_document(std::string_view text) const;

  std::string identity() const;  // as files know it: file_identity()

  std::string decode(const Tokens& tokens) const;
  // The text that `tokens`, which a model made, add after `before`: the first token of a text may be written
  // differently from a later one. An id that the tokenizer lacks, such as a model's table has beyond it, adds
  // nothing, as in transformers.
  std::string decode_behind(const Tokens& before, const Tokens& tokens) const;

  // One user message, after a system message where there is one, in the model's chat template. Many templates
  // write a system message of their own where none is given, but not where it is empty.
  std::string chat(const std::string& user, const std::optional<std::string>& system) const;

 private:
  std::unique_ptr<Instance> instance_;
  Tokens begin_tokens_;      // to be put before a document
  std::int64_t vocabulary_;  // how many tokens the tokenizer says it has
};

}  // namespace gistmill
