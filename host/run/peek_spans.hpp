// prepare --peek of a source that gives `tokens`, `spans` and `targets`, as sdk/contracts/dataset.toml has
// them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "host/instance/array_call.hpp"
#include "host/plan/plan.hpp"
#include "host/run/shown_tokens.hpp"

namespace gistmill {

// One span of one item.
struct SpanSample {
  std::string document;     // "": the source does not say
  std::int64_t begin = -1;  // of the span in its document, in tokens; -1: the source does not say
  Tokens before, span, targets;
  std::string before_text, span_text, targets_text;  // "": nothing decodes
};

bool gives_spans(const OperationSpec& operation);

// One of the item's spans, another one for each `number`. `source`: the instance that the item is from, with
// its sizes.
SpanSample span_sample(const Arrays& item, std::int64_t number, const PlannedInstance& source,
                       const Decoder& decoder);

std::string to_text(const SpanSample& sample);  // safe to print on a terminal
nlohmann::json to_json(const SpanSample& sample);

}  // namespace gistmill
