// One history that grows block by block under a working context, and what each block did: the state of the
// focus loop. Chooses nothing: the actions come from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plugins/focus/common/tree.hpp"
#include "plugins/focus/trace/record.hpp"

namespace gistmill::focus {

class Session {
 public:
  // Throws ContextError: rules that no context can have.
  Session(std::int64_t number, SessionHead head);

  // The next K tokens; null where they are not known, in all blocks or in none. Begins an iteration. Throws
  // ContextError where no room can be made; the session is then as it was.
  void append(const std::int32_t* tokens);

  // Carries actions out; in an iteration this may come several times. Throws ContextError, all or none.
  void act(const std::vector<Edit>& actions);

  // What this block did, with what was measured from outside.
  BlockRecord record(std::optional<double> loss_at_h, double latency_ms) const;

  const SessionHead& head() const { return head_; }
  const WorkingContext& context() const { return context_; }
  const Tree& tree() const { return tree_; }  // without nodes where the tokens are not known
  std::int32_t iteration() const { return iteration_; }
  // Of this block: what each collapse for room, and each action, took away.
  const std::vector<Span>& room_spans() const { return room_.spans; }
  const std::vector<Span>& action_spans() const { return spans_; }

 private:
  void touch(std::int32_t since);

  std::int64_t number_;
  SessionHead head_;
  WorkingContext context_;
  Tree tree_;
  std::int32_t iteration_ = 0;
  // Of this block:
  Room room_;
  std::vector<Round> actions_;
  std::vector<Span> spans_;         // of the actions
  std::vector<std::int32_t> left_;  // residency of the entries that actions took away
};

}  // namespace gistmill::focus
