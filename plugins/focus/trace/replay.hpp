// Plays a trace again: the same room, the same actions, and everything that a record says of the outcome must
// come out bit for bit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plugins/focus/trace/record.hpp"
#include "plugins/focus/trace/session.hpp"

namespace gistmill::focus {

class Replay {
 public:
  // The K tokens of a document's block, counted from 0. Throws ContextError where there are none.
  using Tokens = std::function<std::vector<std::int32_t>(const std::string& name, std::int64_t block,
                                                         std::int64_t size)>;

  // tokens: of the corpus that the trace should be of; null: only the structure is played.
  explicit Replay(Tokens tokens = nullptr) : tokens_(std::move(tokens)) {}

  // Throws ContextError: the record does not follow the one before, its actions are refused, or the outcome
  // is another than it says: which of its keys, what was found, what it says.
  void play(const BlockRecord& record);

  // Behind the last record that was played.
  const Session& session() const { return *session_; }
  std::int64_t sessions() const { return sessions_; }
  std::int64_t blocks() const { return blocks_; }

 private:
  Tokens tokens_;
  std::optional<Session> session_;
  std::int64_t sessions_ = 0;
  std::int64_t blocks_ = 0;
};

}  // namespace gistmill::focus
