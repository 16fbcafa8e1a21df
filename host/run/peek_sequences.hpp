// prepare --peek of a source that gives whole sequences: `ids` i32[B, T], with `boundaries` where documents
// begin and `counts`; and what a teacher said of some of their rows, where it gives `topk_ids` and
// `topk_log_probability`.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/instance/array_call.hpp"
#include "host/plan/plan.hpp"
#include "host/run/shown_tokens.hpp"

namespace gistmill {

struct SequenceSample {
  // What of one document lies in the sequence.
  struct Piece {
    std::int64_t begin = 0;  // in the sequence
    bool goes_on = false;    // its document began in an earlier sequence
    Tokens tokens;
    std::string text;  // "": nothing decodes
  };
  // What a teacher expects behind a token.
  struct Row {
    std::int64_t token = 0;  // its place in the sequence
    Tokens before;           // the last tokens up to it
    std::string before_text;
    struct Next {
      std::int32_t id = 0;
      std::string text;
      double probability = 0;
    };
    Next came;               // what follows in the text; probability NaN where it is not among the teacher's
    std::vector<Next> next;  // the most probable first; not all
    double others = 0;       // probability of all tokens that are not in `next`
  };

  std::int64_t number = -1;  // -1: the source does not say
  std::int64_t padding = 0;  // tokens behind its end
  std::vector<Piece> pieces;
  std::vector<Row> rows;
  std::int64_t teacher_tokens = 0;  // of a row; 0: no teacher
  double temperature = 0;           // 0: not said
};

bool gives_sequences(const OperationSpec& operation);

// Sequence `row` of the item's B.
SequenceSample sequence_sample(const Arrays& item, std::int64_t row, const Decoder& decoder);

std::string to_text(const SequenceSample& sample);  // safe to print on a terminal
nlohmann::json to_json(const SequenceSample& sample);

}  // namespace gistmill
