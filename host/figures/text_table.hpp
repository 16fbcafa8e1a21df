// An evaluation as a table for the terminal or a text file, and what it says in plain sentences.
#pragma once

#include <string>

#include "host/figures/evaluation.hpp"

namespace gistmill {

// Several lines, each with its newline; plain text without color. Figures of one port stand side by side:
//   heldout, 512 spans of 64 documents, delta-NLL in nats (standard error)
//                                H = 8                  H = 32
//     dropped            1.840 (0.061)   0 %    0.565 (0.019)   0 %      recovered beside the mean
// then paired differences and binding gaps in the same columns, then one sentence a trained variant.
std::string text_table(const EvaluationTable& table);

}  // namespace gistmill
