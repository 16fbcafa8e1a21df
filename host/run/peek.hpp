// prepare --peek: what a recipe trains on, as text. A source is shown whose operation gives `tokens`, `spans`
// and `targets`, as sdk/contracts/dataset.toml has them; ids become text by the recipe's component with
// `decode`.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/plan/parts.hpp"
#include "host/registry/registry.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

// One span of one item.
struct Sample {
  std::string document;     // "": the source does not say
  std::int64_t begin = -1;  // of the span in its document, in tokens; -1: the source does not say
  std::vector<std::int32_t> before, span, targets;
  std::string before_text, span_text, targets_text;  // "": nothing decodes
};

struct Samples {
  std::string stage;     // "": the recipe itself
  std::string pipeline;  // that is looked at
  std::string call;      // "corpus.next"; "": the pipeline has no such source
  std::vector<Sample> samples;
};

// The first `count` items of the training pipeline's source, in the order of training, of each one span. Of a
// part that trains nothing, of its first evaluation's. Fewer where the source ends. Throws Failure.
Samples peek(const Part& part, Registry& registry, const PreparedPath& prepared, std::int64_t count);

std::string to_text(const Samples& samples);  // safe to print on a terminal
nlohmann::json to_json(const Samples& samples);

}  // namespace gistmill
