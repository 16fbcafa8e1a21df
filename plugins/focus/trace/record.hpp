// What one block of a focus session did, and the line of a trace that says so. docs/focus.md has the format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugins/focus/common/rows.hpp"
#include "plugins/focus/common/working_context.hpp"

namespace gistmill::focus {

// What a session begins with: all that decides it, beside its tokens and the actions.
struct SessionHead {
  std::string name;  // of the document, UTF-8
  ContextRules rules;
  Place place = Place::center;

  bool operator==(const SessionHead&) const = default;
};

// Telemetry of one block; the unit is in the name.
struct Figures {
  std::optional<double> loss_at_h;                  // nats a token, mean over the next H; where it was given
  double swap_rate_per_block = 0;                   // actions of this block, those for room aside
  double mean_residency_iterations = 0;             // since the context's entries came, their mean
  std::optional<double> left_residency_iterations;  // of the entries that actions took away; none: none were
  double latency_ms = 0;                            // from the arrays handed out to the actions carried out
  double token_budget_utilization = 0;              // rows / budget, behind the actions

  bool operator==(const Figures&) const = default;
};

// The actions of one call; those of the next see what these have done.
using Round = std::vector<Edit>;

struct BlockRecord {
  std::int64_t session = 0;
  std::int64_t iteration = 0;         // 1 of a session's first block
  std::optional<SessionHead> begins;  // of a session's first block
  std::int64_t cursor = 0;
  Room room;
  std::vector<Round> actions;  // none of them empty
  std::string context;         // WorkingContext::text, behind the actions
  std::string state;           // WorkingContext::digest
  std::string tree;            // Tree::digest; empty where the tokens are not known
  Figures figures;

  bool operator==(const BlockRecord& other) const;
};

const char* word_of(Overflow overflow);
const char* word_of(Place place);

// One JSON object on one line. Numbers come back as they were.
std::string to_text(const BlockRecord& record);

// Throws formats::FormatError as "<name>:<line>:<column>: ..." with line 1 where it is no JSON, else as
// "<name>: ...": a key that is missing, unknown, of another type or out of range.
BlockRecord record_of(std::string_view text, const std::string& name);

}  // namespace gistmill::focus
