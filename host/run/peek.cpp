#include "host/run/peek.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "host/instance/array_call.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {
namespace {

// A call that gives samples, of a pipeline or of an instance that none reads.
struct Source {
  std::string pipeline;
  std::string call;  // "": there is none
  std::size_t instance = 0;
  const OperationSpec* operation = nullptr;
};

bool gives_samples(const OperationSpec& operation) {
  return gives_spans(operation) || gives_sequences(operation);
}

const PlannedPipeline* looked_at(const Plan& plan) {
  if (!plan.trained.empty()) return plan.pipeline(plan.trained);
  return plan.evaluations.empty() ? nullptr : &plan.pipelines[plan.evaluations.front().pipeline];
}

Source unread_source(const Plan& plan) {
  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    for (const OperationSpec& operation : plan.instances[i].spec->operations) {
      if (gives_samples(operation))
        return {"", fmt::format("{}.{}", plan.instances[i].name, operation.name), i, &operation};
    }
  }
  return {};
}

Source source_of(const Plan& plan) {
  const PlannedPipeline* pipeline = looked_at(plan);
  if (pipeline == nullptr) return unread_source(plan);
  const auto found = std::ranges::find_if(
      pipeline->calls, [](const PlannedCall& call) { return gives_samples(*call.operation); });
  if (found == pipeline->calls.end()) return {pipeline->name, "", 0, nullptr};
  return {pipeline->name, found->name, found->instance, found->operation};
}

// The source alone, with its own sizes.
std::unique_ptr<Instance> started_source(Plan& plan, std::size_t index, Registry& registry,
                                         const PreparedPath& prepared, std::uint64_t seed) {
  const PlannedInstance planned = with_corpora(plan.instances[index], plan, prepared);
  auto source = std::make_unique<Instance>(planned, component_for(planned, registry), plugin_host());
  bind_symbols(plan, [&](const PlannedInstance& asked, const std::string& symbol) -> std::int64_t {
    return asked.name == planned.name ? source->symbol(symbol) : kNotMade;
  });
  source->start(plan.instances[index].symbols, seed);
  return source;
}

}  // namespace

Samples peek(const Part& part, Registry& registry, const PreparedPath& prepared, std::int64_t count) {
  Plan plan = part.plan;
  const Source source = source_of(plan);
  Samples found{part.name, source.pipeline, source.call, {}};
  if (source.call.empty()) return found;
  const auto seed = static_cast<std::uint64_t>(part.recipe.run.seed);
  const Decoder decoder(plan, registry, seed);
  const auto instance = started_source(plan, source.instance, registry, prepared, seed);
  for (std::uint64_t step = 0; std::ssize(found.samples) < count; ++step) {
    const std::optional<Arrays> item = call_source(*instance, source.operation->name, seed, step);
    if (!item) break;
    if (gives_spans(*source.operation)) {
      found.samples.emplace_back(
          span_sample(*item, static_cast<std::int64_t>(step), plan.instances[source.instance], decoder));
      continue;
    }
    for (std::int64_t row = 0; row < item->at("ids").shape().at(0) && std::ssize(found.samples) < count;
         ++row)
      found.samples.emplace_back(sequence_sample(*item, row, decoder));
  }
  return found;
}

std::string to_text(const Samples& samples) {
  const std::string of = samples.stage.empty() ? "" : fmt::format("stage {}, ", samples.stage);
  const std::string pipeline =
      samples.pipeline.empty() ? "" : fmt::format(" of pipeline {}", samples.pipeline);
  if (samples.call.empty())
    return fmt::format(
        "\n{}nothing to show: no call{} gives tokens, spans and targets, or ids and boundaries\n", of,
        pipeline);
  std::string text = fmt::format("\n{}{}{}\n", of, samples.call, pipeline);
  for (const auto& sample : samples.samples)
    text += std::visit([](const auto& one) { return to_text(one); }, sample);
  return text;
}

nlohmann::json to_json(const Samples& samples) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& sample : samples.samples)
    list.push_back(std::visit([](const auto& one) { return to_json(one); }, sample));
  return {{"stage", samples.stage},
          {"pipeline", samples.pipeline},
          {"call", samples.call},
          {"samples", std::move(list)}};
}

}  // namespace gistmill
