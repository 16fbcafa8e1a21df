#include "plugins/focus/trace/bands.hpp"

#include <algorithm>
#include <tuple>

namespace gistmill::focus {
namespace {

std::int64_t end_of(const Entry& entry, std::int64_t block) {
  return entry.start + width_of(entry.level, block);
}

Band band_of(const Entry& entry, std::int64_t born, std::int64_t gone, std::int64_t block) {
  return {entry.level, born, gone, entry.start, end_of(entry, block)};
}

Mark mark_of(const Span& span, Mark::Kind kind, std::int64_t iteration) {
  return {kind, iteration, static_cast<double>(span.start + span.end) / 2};
}

}  // namespace

void SessionLife::add(const Session& session, const BlockRecord& record) {
  const std::int64_t block = head_.rules.block;
  for (const Span& span : session.room_spans())
    marks_.push_back(mark_of(span, Mark::Kind::room, record.iteration));
  auto span = session.action_spans().begin();
  for (const Round& round : record.actions) {
    for (const Edit& edit : round) {
      const bool expands = edit.direction == Direction::expand;
      marks_.push_back(
          mark_of(*span++, expands ? Mark::Kind::expand : Mark::Kind::collapse, record.iteration));
    }
  }
  std::vector<Alive> alive;
  auto old = alive_.begin();
  for (const Entry& entry : session.context().entries()) {
    // both are in the order of their tokens
    while (old != alive_.end() && old->entry.start < entry.start) {
      gone_.push_back(band_of(old->entry, old->born, record.iteration, block));
      ++old;
    }
    if (old != alive_.end() && old->entry == entry) {
      alive.push_back(*old++);
      continue;
    }
    alive.push_back({entry, record.iteration});
  }
  for (; old != alive_.end(); ++old) gone_.push_back(band_of(old->entry, old->born, record.iteration, block));
  alive_ = std::move(alive);
  tokens_ = session.context().cursor();
  figures_.push_back(record.figures);
}

std::vector<Band> SessionLife::bands() const {
  std::vector<Band> all = gone_;
  for (const Alive& one : alive_)
    all.push_back(band_of(one.entry, one.born, iterations() + 1, head_.rules.block));
  std::erase_if(all, [](const Band& band) { return band.born == band.gone; });
  std::sort(all.begin(), all.end(), [](const Band& a, const Band& b) {
    return std::tie(a.born, a.gone, a.level, a.start) < std::tie(b.born, b.gone, b.level, b.start);
  });
  std::vector<Band> joined;
  for (const Band& band : all) {
    const bool goes_on = !joined.empty() && joined.back().born == band.born &&
                         joined.back().gone == band.gone && joined.back().level == band.level &&
                         joined.back().end == band.start;
    if (goes_on) {
      joined.back().end = band.end;
    } else {
      joined.push_back(band);
    }
  }
  return joined;
}

}  // namespace gistmill::focus
