#include "plugins/focus/trace/replay.hpp"

namespace gistmill::focus {
namespace {

std::string quoted(const std::string& text) { return "'" + text.substr(0, 200) + "'"; }

void expect(const char* what, const std::string& found, const std::string& said) {
  if (found != said)
    throw ContextError(std::string(what) + " is " + quoted(found) + " when the trace says " + quoted(said));
}

std::string edits_text(const std::vector<Edit>& edits) {
  std::string text;
  for (const Edit& edit : edits) {
    text += (text.empty() ? "" : " ") + std::to_string(edit.index) +
            (edit.direction == Direction::expand ? "+" : "-");
  }
  return text;
}

std::string rounds_text(const std::vector<Round>& rounds) {
  std::string text;
  for (const Round& round : rounds) text += "(" + edits_text(round) + ")";
  return text;
}

// The record of a block says what happened; what happened is `found`.
void compare(const BlockRecord& found, const BlockRecord& said) {
  expect("cursor", std::to_string(found.cursor), std::to_string(said.cursor));
  expect("room", edits_text(found.room.collapsed), edits_text(said.room.collapsed));
  expect("dropped", std::to_string(found.room.dropped), std::to_string(said.room.dropped));
  expect("actions", rounds_text(found.actions), rounds_text(said.actions));
  expect("context", found.context, said.context);
  expect("state", found.state, said.state);
  if (!found.tree.empty() && found.tree != said.tree) {
    throw ContextError("the trace is of another tree: the digest of the tokens up to " +
                       std::to_string(found.cursor) + " is " + quoted(found.tree) + " when the trace says " +
                       quoted(said.tree));
  }
  BlockRecord same = said;  // but for what only the trace knows
  if (found.tree.empty()) same.tree.clear();
  expect("a figure", to_text(found), to_text(same));
}

}  // namespace

void Replay::play(const BlockRecord& record) {
  if (record.begins) {
    expect("session", std::to_string(sessions_), std::to_string(record.session));
    session_.emplace(sessions_, *record.begins);
    ++sessions_;
  }
  if (!session_) throw ContextError("the first block says nothing of how its session begins");
  expect("session", std::to_string(sessions_ - 1), std::to_string(record.session));
  expect("iteration", std::to_string(session_->iteration() + 1), std::to_string(record.iteration));
  const std::int64_t block = session_->head().rules.block;
  if (tokens_) {
    const std::vector<std::int32_t> ids = tokens_(session_->head().name, session_->iteration(), block);
    session_->append(ids.data());
  } else {
    session_->append(nullptr);
  }
  for (const Round& round : record.actions) session_->act(round);
  compare(session_->record(record.figures.loss_at_h, record.figures.latency_ms), record);
  ++blocks_;
}

}  // namespace gistmill::focus
