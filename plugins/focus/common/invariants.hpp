// Everything that must hold of a working context, in one function that rests on none of the code which keeps
// it so: for tests, and for checking a context that someone else edited.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/focus/common/rows.hpp"
#include "plugins/focus/common/tree.hpp"
#include "plugins/focus/common/working_context.hpp"

namespace gistmill::focus {

// One call of WorkingContext::apply.
struct Change {
  const WorkingContext& before;
  const std::vector<Edit>& edits;
};

// Empty where all hold; else the first that is broken, by name, and how:
//   budget      the cost is that of the entries, and at most W_max
//   contiguity  entries tile the history from the first covered token to the cursor
//   alignment   an entry begins with a multiple of its width
//   level       levels are 0 to 2, and an entry of a level covers that level's width
//   node        each entry is a node of the tree, and the tree ends at the cursor
//   tail        the protected tail stands as tokens
//   position    rows are as many as the cost, and each is at its place by the position rule
//   swap        what was not edited is as before; what was, was replaced whole, by children or by the parent
std::string broken_invariant(const Tree& tree, const WorkingContext& context, Place place,
                             const std::optional<Change>& change = std::nullopt);

}  // namespace gistmill::focus
