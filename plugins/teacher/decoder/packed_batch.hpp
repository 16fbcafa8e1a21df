// A batch without its padding: the rows that have to be computed, one text behind another, and what each
// sees. Only for masks under which a row sees one unbroken run of columns that ends with itself, as causal
// masks, left padding and gist masks have it. The plain counterpart for any mask is allowed_of().
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "plugins/teacher/decoder/attention/attention.hpp"
#include "plugins/teacher/decoder/batch.hpp"

namespace gistmill::decoder {

// One text. A place is a column without the columns that see nothing.
struct PackedText {
  std::vector<std::int64_t> columns;    // of its places, ascending
  std::vector<std::int64_t> first_key;  // the first place that each place sees
  std::int64_t gist = 0;                // the place of its first gist vector; without one, how many places
};

// Nothing where the mask has another form: a row with a gap, or one that sees a column that sees nothing.
// Rows of a text that see nothing are left out.
std::optional<std::vector<PackedText>> pack(const Batch& batch);

// Rows of one pass.
struct PackedRows {
  std::vector<std::int64_t> rows;  // of the flat batch, B T
  std::vector<Segment> segments;   // for attention: one a text
  std::vector<std::int64_t> first_keys;
};
// The places of each text from `first` on, one entry a text; those before it are its prefix, at
// [prefix_begin, prefix_begin + first) of the shared set.
struct Cut {
  std::int64_t first = 0;
  std::int64_t prefix_begin = 0;
};
PackedRows rows_from(const std::vector<PackedText>& texts, const std::vector<Cut>& cuts, std::int64_t length);

// The places before each text's gist: each text's own, or those of another text that begins with them, which
// has the same ids at the same positions.
struct SharedPrompts {
  PackedRows computed;
  std::vector<Cut> cuts;              // where each text goes on, and where its prompt is among `computed`
  std::vector<std::int64_t> rows;     // of the flat batch: every place before a gist
  std::vector<std::int64_t> sources;  // the row of `computed` that each of them is
  bool repeats = false;
};
SharedPrompts share_prompts(const std::vector<PackedText>& texts, const Batch& batch);

}  // namespace gistmill::decoder
