// What a conversation needs of a model that reads a long history through a working context. host/run makes
// one of a recipe's components; tests make their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/chat/context_view.hpp"

namespace gistmill {

using Tokens = std::vector<std::int32_t>;

struct Message {
  std::string role;  // "system", "user", "assistant"
  std::string content;
  bool operator==(const Message&) const = default;
};

struct Sampling {
  double temperature = 0.0;  // 0: the most probable token
  double top_p = 1.0;
  std::uint64_t seed = 0;
  std::int64_t most = 512;             // new tokens of an answer
  std::vector<std::string> stop = {};  // texts that end an answer, and are no part of it
};

// All calls on one thread. All throw Failure.
class ChatModel {
 public:
  virtual ~ChatModel() = default;

  virtual Tokens encode(std::string_view text) const = 0;
  // Of what render() gave: the template's marks are tokens of their own.
  virtual Tokens encode_rendered(std::string_view text) const = 0;
  // As a model reads a document: behind its begin tokens.
  virtual Tokens encode_document(std::string_view text) const = 0;
  virtual std::string decode(const Tokens& tokens) const = 0;
  // The messages in the model's chat template, up to the start of an answer; nothing where it has none.
  virtual std::optional<std::string> render(const std::vector<Message>& messages) const = 0;

  // The history grows. Blocks that are whole then stand in the working context, which is decided anew behind
  // each. Not to be canceled: half a block would be no history.
  virtual void append(const Tokens& tokens) = 0;
  virtual const Tokens& history() const = 0;

  // The token behind the history; nothing where the model ends its text. Appends nothing. Throws Failure
  // (ExitCode::interrupted) where *cancel is not 0; the history is then as it was.
  virtual std::optional<std::int32_t> next(const Sampling& sampling, const volatile std::int32_t* cancel) = 0;

  // The history as it is, to come back to.
  virtual void mark() = 0;
  virtual void return_to_mark() = 0;

  virtual ContextView view() const = 0;
  // What was done at every block, as a text that can be played again; nothing where the components tell none.
  virtual std::optional<std::string> trace() const = 0;
};

}  // namespace gistmill
