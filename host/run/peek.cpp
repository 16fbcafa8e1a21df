#include "host/run/peek.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include <gistmill/text/shown.hpp>

#include "host/instance/array_call.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {
namespace {

constexpr std::int64_t kBefore = 32;   // tokens that are shown before a span
constexpr std::size_t kLongest = 600;  // bytes of a text that are shown on a terminal

using Tokens = std::vector<std::int32_t>;

const PlannedPipeline* looked_at(const Plan& plan) {
  if (!plan.trained.empty()) return plan.pipeline(plan.trained);
  return plan.evaluations.empty() ? nullptr : &plan.pipelines[plan.evaluations.front().pipeline];
}

bool gives_spans(const OperationSpec& operation) {
  const auto has = [&](const char* name) { return operation.output(name) != nullptr; };
  return operation.inputs.empty() && has("tokens") && has("spans") && has("targets");
}

const PlannedCall* source_of(const PlannedPipeline& pipeline) {
  const auto found = std::ranges::find_if(
      pipeline.calls, [](const PlannedCall& call) { return gives_spans(*call.operation); });
  return found == pipeline.calls.end() ? nullptr : &*found;
}

// Text of ids, by the first component of the recipe that decodes.
class Decoder {
 public:
  Decoder(const Plan& plan, Registry& registry, std::uint64_t seed) {
    const auto decodes = [](const PlannedInstance& planned) {
      return planned.spec->operation("decode") != nullptr;
    };
    const auto found = std::ranges::find_if(plan.instances, decodes);
    if (found == plan.instances.end()) return;
    instance_ =
        std::make_unique<Instance>(*found, registry.load(found->spec->name, plugin_host()), plugin_host());
    instance_->start({}, seed);
  }
  std::string text(const Tokens& tokens) const {
    if (instance_ == nullptr || tokens.empty()) return "";
    return text_of(call_operation(*instance_, "decode", {{"tokens", token_array(tokens)}}).at("text"));
  }

 private:
  std::unique_ptr<Instance> instance_;
};

// The source alone, with its own sizes.
std::unique_ptr<Instance> started_source(Plan& plan, std::size_t index, Registry& registry,
                                         const PreparedPath& prepared, std::uint64_t seed) {
  const PlannedInstance planned = with_corpora(plan.instances[index], plan, prepared);
  auto source =
      std::make_unique<Instance>(planned, registry.load(planned.spec->name, plugin_host()), plugin_host());
  bind_symbols(plan, [&](const PlannedInstance& asked, const std::string& symbol) -> std::int64_t {
    return asked.name == planned.name ? source->symbol(symbol) : -1;
  });
  source->start(plan.instances[index].symbols, seed);
  return source;
}

const Tensor* find(const Arrays& item, const char* port) {
  const auto found = item.find(port);
  return found == item.end() ? nullptr : &found->second;
}

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
  const Tensor* mask = find(item, "mask");
  if (mask == nullptr) return targets;
  const auto* exists = mask->data<float>() + row * std::ssize(targets);
  Tokens kept;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (exists[i] != 0.0f) kept.push_back(targets[i]);
  return kept;
}

// `row`: which span of the item. `size`: tokens of a span.
Sample sample_of(const Arrays& item, std::int64_t row, std::int64_t size) {
  Sample sample;
  const Tokens tokens = tokens_of(item.at("tokens"));
  const std::int64_t start = tokens_of(item.at("spans")).at(static_cast<std::size_t>(row));
  const std::int64_t end = std::min<std::int64_t>(start + size, std::ssize(tokens));
  sample.span.assign(tokens.begin() + start, tokens.begin() + end);
  sample.targets = targets_of(item, row);
  if (const Tensor* name = find(item, "name")) sample.document = name_of(*name, row);
  const Tensor* begin = find(item, "begin");
  const bool own_window =
      begin != nullptr && !begin->shape().empty();  // one window a span, which begins with it
  if (begin != nullptr)
    sample.begin = own_window ? begin->data<std::int32_t>()[row] : *begin->data<std::int32_t>() + start;
  if (!own_window)
    sample.before.assign(tokens.begin() + std::max<std::int64_t>(0, start - kBefore), tokens.begin() + start);
  return sample;
}

std::int64_t span_size(const Plan& plan, std::size_t index, const Arrays& item) {
  if (const Tensor* spans = find(item, "span_tokens")) return spans->shape().at(1);
  const auto& symbols = plan.instances[index].symbols;
  const auto found = symbols.find("S");
  return found == symbols.end() ? 0 : found->second;
}

// On one line, and not longer than people read.
std::string shown(std::string text) {
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  std::string line;
  for (const char letter : text) {
    if (letter == '\n') {
      line += "\\n";
    } else if (letter == '\t') {
      line += "\\t";
    } else {
      line += letter;
    }
  }
  return text::printable(line);
}

std::string shown(const Tokens& tokens, const std::string& text) {
  return text.empty() ? shown(fmt::format("{}", fmt::join(tokens, " "))) : shown(text);
}

}  // namespace

Samples peek(const Part& part, Registry& registry, const PreparedPath& prepared, std::int64_t count) {
  Samples found;
  found.stage = part.name;
  Plan plan = part.plan;
  const PlannedPipeline* pipeline = looked_at(plan);
  if (pipeline == nullptr) return found;
  found.pipeline = pipeline->name;
  const PlannedCall* call = source_of(*pipeline);
  if (call == nullptr) return found;
  found.call = call->name;
  const std::size_t index = call->instance;
  const std::string operation = call->operation->name;
  const auto seed = static_cast<std::uint64_t>(part.recipe.run.seed);
  const Decoder decoder(plan, registry, seed);
  const auto source = started_source(plan, index, registry, prepared, seed);
  for (std::int64_t step = 0; step < count; ++step) {
    const std::optional<Arrays> item =
        call_source(*source, operation, seed, static_cast<std::uint64_t>(step));
    if (!item) break;
    const std::int64_t spans = item->at("spans").shape().at(0);
    Sample sample = sample_of(*item, step % spans, span_size(plan, index, *item));
    sample.before_text = decoder.text(sample.before);
    sample.span_text = decoder.text(sample.span);
    sample.targets_text = decoder.text(sample.targets);
    found.samples.push_back(std::move(sample));
  }
  return found;
}

std::string to_text(const Samples& samples) {
  const std::string of = samples.stage.empty() ? "" : fmt::format("stage {}, ", samples.stage);
  if (samples.call.empty())
    return fmt::format("\n{}nothing to show: no call of its pipeline {} gives tokens, spans and targets\n",
                       of, samples.pipeline);
  std::string text = fmt::format("\n{}{} of pipeline {}\n", of, samples.call, samples.pipeline);
  for (const Sample& sample : samples.samples) {
    text += shown(sample.document.empty() ? "a document without a name" : sample.document);
    if (sample.begin >= 0)
      text += fmt::format(", tokens {} to {}", sample.begin, sample.begin + std::ssize(sample.span) - 1);
    text += "\n";
    if (!sample.before.empty())
      text += fmt::format("  before   {}\n", shown(sample.before, sample.before_text));
    text += fmt::format("  span     [{}]\n", shown(sample.span, sample.span_text));
    text += fmt::format("  targets  {}\n", shown(sample.targets, sample.targets_text));
  }
  return text;
}

nlohmann::json to_json(const Samples& samples) {
  nlohmann::json list = nlohmann::json::array();
  for (const Sample& sample : samples.samples) {
    nlohmann::json one = {{"document", sample.document}};
    if (sample.begin >= 0) one["begin"] = sample.begin;
    one.update({{"before", {{"text", sample.before_text}, {"tokens", sample.before}}},
                {"span", {{"text", sample.span_text}, {"tokens", sample.span}}},
                {"targets", {{"text", sample.targets_text}, {"tokens", sample.targets}}}});
    list.push_back(std::move(one));
  }
  return {{"stage", samples.stage},
          {"pipeline", samples.pipeline},
          {"call", samples.call},
          {"samples", std::move(list)}};
}

}  // namespace gistmill
