// prepare --peek: what a recipe trains on, as text. A source is shown whose operation gives spans
// (peek_spans.hpp) or sequences (peek_sequences.hpp); ids become text by the recipe's component with
// `decode`.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "host/plan/parts.hpp"
#include "host/registry/registry.hpp"
#include "host/run/peek_sequences.hpp"
#include "host/run/peek_spans.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

struct Samples {
  std::string stage;     // "": the recipe itself
  std::string pipeline;  // that is looked at
  std::string call;      // "corpus.next"; "": the pipeline has no such source
  std::vector<std::variant<SpanSample, SequenceSample>> samples;
};

// The first `count` samples of the training pipeline's source, in the order of training: of each item one
// span, or all of its sequences. Of a part that trains nothing, of its first evaluation's; of one that
// measures nothing either, of a source that no pipeline reads. Fewer where the source ends. Throws Failure.
Samples peek(const Part& part, Registry& registry, const PreparedPath& prepared, std::int64_t count);

std::string to_text(const Samples& samples);  // safe to print on a terminal
nlohmann::json to_json(const Samples& samples);

}  // namespace gistmill
