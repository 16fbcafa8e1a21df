// The life of a working context as rectangles over iterations and tokens, and its actions as points: what a
// picture of a session is drawn from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/focus/trace/session.hpp"

namespace gistmill::focus {

// Tokens [start, end) stood at `level` in iterations [born, gone).
struct Band {
  std::int32_t level = 0;
  std::int64_t born = 0;
  std::int64_t gone = 0;
  std::int64_t start = 0;
  std::int64_t end = 0;
};

struct Mark {
  enum class Kind { expand, collapse, room };

  Kind kind = Kind::expand;
  std::int64_t iteration = 0;
  double token = 0;  // the middle of what was taken away
};

// One session, as its blocks come.
class SessionLife {
 public:
  explicit SessionLife(const SessionHead& head) : head_(head) {}

  // Behind each block that was played.
  void add(const Session& session, const BlockRecord& record);

  // Those that stand to the end are gone one iteration behind it. Neighbors of one level and life are one.
  std::vector<Band> bands() const;

  const SessionHead& head() const { return head_; }
  const std::vector<Mark>& marks() const { return marks_; }
  const std::vector<Figures>& figures() const { return figures_; }  // one a block
  std::int64_t iterations() const { return static_cast<std::int64_t>(figures_.size()); }
  std::int64_t tokens() const { return tokens_; }

 private:
  struct Alive {
    Entry entry;
    std::int64_t born = 0;
  };

  SessionHead head_;
  std::int64_t tokens_ = 0;
  std::vector<Alive> alive_;
  std::vector<Band> gone_;
  std::vector<Mark> marks_;
  std::vector<Figures> figures_;
};

}  // namespace gistmill::focus
