#include "host/run/peek_spans.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gistmill {
namespace {

constexpr std::int64_t kTokensBefore = 32;  // tokens that are shown before a span

// Row `row` of [K, n].
Tokens row_of(const Tensor& rows, std::int64_t row) {
  const std::int64_t size = rows.shape().at(1);
  const auto* first = rows.data<std::int32_t>() + row * size;
  return {first, first + size};
}

std::string name_of(const Tensor& names, std::int64_t row) {
  std::string name = text_of(names);
  if (names.shape().size() == 2) {
    const auto size = static_cast<std::size_t>(names.shape()[1]);
    name = name.substr(static_cast<std::size_t>(row) * size, size);
  }
  return name.substr(0, name.find('\0'));
}

Tokens targets_of(const Arrays& item, std::int64_t row) {
  Tokens targets = row_of(item.at("targets"), row);
  const Tensor* mask = find_array(item, "mask");
  if (mask == nullptr) return targets;
  const auto* exists = mask->data<float>() + row * std::ssize(targets);
  Tokens kept;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (exists[i] != 0.0f) kept.push_back(targets[i]);
  return kept;
}

// `row`: which span of the item. `size`: tokens of a span.
SpanSample sample_of(const Arrays& item, std::int64_t row, std::int64_t size) {
  SpanSample sample;
  const Tokens tokens = tokens_of(item.at("tokens"));
  const std::int64_t start = tokens_of(item.at("spans")).at(static_cast<std::size_t>(row));
  const std::int64_t end = std::min<std::int64_t>(start + size, std::ssize(tokens));
  sample.span.assign(tokens.begin() + start, tokens.begin() + end);
  sample.targets = targets_of(item, row);
  if (const Tensor* name = find_array(item, "name")) sample.document = name_of(*name, row);
  const Tensor* begin = find_array(item, "begin");
  const bool own_window =
      begin != nullptr && !begin->shape().empty();  // one window a span, which begins with it
  if (begin != nullptr)
    sample.begin = own_window ? begin->data<std::int32_t>()[row] : *begin->data<std::int32_t>() + start;
  if (!own_window)
    sample.before.assign(tokens.begin() + std::max<std::int64_t>(0, start - kTokensBefore),
                         tokens.begin() + start);
  return sample;
}

std::int64_t span_size(const PlannedInstance& source, const Arrays& item) {
  if (const Tensor* spans = find_array(item, "span_tokens")) return spans->shape().at(1);
  const auto found = source.symbols.find("S");
  return found == source.symbols.end() ? 0 : found->second;
}

}  // namespace

bool gives_spans(const OperationSpec& operation) {
  const auto has = [&](const char* name) { return operation.output(name) != nullptr; };
  return operation.inputs.empty() && has("tokens") && has("spans") && has("targets");
}

SpanSample span_sample(const Arrays& item, std::int64_t number, const PlannedInstance& source,
                       const Decoder& decoder) {
  const std::int64_t spans = item.at("spans").shape().at(0);
  SpanSample sample = sample_of(item, number % spans, span_size(source, item));
  sample.before_text = decoder.text(sample.before);
  sample.span_text = decoder.text(sample.span);
  sample.targets_text = decoder.text(sample.targets);
  return sample;
}

std::string to_text(const SpanSample& sample) {
  std::string text = shown(sample.document.empty() ? "a document without a name" : sample.document);
  if (sample.begin >= 0)
    text += fmt::format(", tokens {} to {}", sample.begin, sample.begin + std::ssize(sample.span) - 1);
  text += "\n";
  if (!sample.before.empty())
    text += fmt::format("  before   {}\n", shown(sample.before, sample.before_text));
  text += fmt::format("  span     [{}]\n", shown(sample.span, sample.span_text));
  return text + fmt::format("  targets  {}\n", shown(sample.targets, sample.targets_text));
}

nlohmann::json to_json(const SpanSample& sample) {
  nlohmann::json json = {{"document", sample.document}};
  if (sample.begin >= 0) json["begin"] = sample.begin;
  json.update({{"before", {{"text", sample.before_text}, {"tokens", sample.before}}},
               {"span", {{"text", sample.span_text}, {"tokens", sample.span}}},
               {"targets", {{"text", sample.targets_text}, {"tokens", sample.targets}}}});
  return json;
}

}  // namespace gistmill
