#include "host/plan/examples.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/diagnostic/did_you_mean.hpp"

namespace gistmill {
namespace {

class Check {
 public:
  Check(const Evaluation& evaluation, const PlannedPipeline& pipeline)
      : examples_(*evaluation.examples),
        path_("evaluations." + evaluation.name + ".examples"),
        pipeline_(pipeline) {}

  // A slot of one or two dimensions, the first of which counts the items.
  void slot(const char* key, const std::string& name, const char* dtype, std::size_t dimensions = 2) const {
    const auto writer = pipeline_.writer(name);
    if (!writer) {
      refuse(key, name, fmt::format("which no call of pipeline '{}' writes", pipeline_.name),
             did_you_mean(name, slots()));
    }
    const PlannedCall& call = pipeline_.calls[writer->call];
    const PortType& type = call.outputs[writer->output].type;
    if (call.kind == CallClass::skipped)
      refuse(key, name, "which is not computed: nothing that is measured reads it", {});
    if (type.is_object || type.dtype != dtype || type.shape.size() != dimensions) {
      const std::string wanted = fmt::format("{}[K{}]", dtype, dimensions == 2 ? ", ..." : "");
      refuse(key, name, fmt::format("which is {} when it should be {}", type.text, wanted), {});
    }
  }

  void decoder(const std::vector<PlannedInstance>& instances) const {
    const auto found = std::ranges::find(instances, examples_.decoder, &PlannedInstance::name);
    if (found == instances.end()) {
      std::vector<std::string> names;
      for (const PlannedInstance& instance : instances) names.push_back(instance.name);
      refuse("decoder", examples_.decoder, "which is no component", did_you_mean(examples_.decoder, names));
    }
    const OperationSpec* decode = found->spec->operation("decode");
    if (decode == nullptr || decode->inputs.size() != 1 || decode->outputs.size() != 1)
      refuse("decoder", examples_.decoder,
             fmt::format("and {} makes no text of tokens: it has no decode", found->spec->name), {});
  }

 private:
  [[noreturn]] void refuse(const char* key, const std::string& name, const std::string& what,
                           std::vector<std::string> notes) const {
    throw Failure(ExitCode::recipe, examples_.origin,
                  fmt::format("{}.{} is '{}', {}", path_, key, name, what), std::move(notes));
  }

  std::vector<std::string> slots() const {
    std::vector<std::string> names;
    for (const PlannedCall& call : pipeline_.calls) {
      for (const PlannedOutput& output : call.outputs) names.push_back(output.slot);
    }
    return names;
  }

  const Evaluation::Examples& examples_;
  std::string path_;
  const PlannedPipeline& pipeline_;
};

}  // namespace

void check_examples(const Evaluation& evaluation, const PlannedPipeline& pipeline,
                    const std::vector<PlannedInstance>& instances) {
  if (!evaluation.examples) return;
  const Evaluation::Examples& examples = *evaluation.examples;
  const Check check(evaluation, pipeline);
  check.slot("tokens", examples.tokens, "i32");
  check.slot("values", examples.values, "f32");
  if (!examples.less.empty()) check.slot("less", examples.less, "f32");
  if (!examples.mask.empty()) check.slot("mask", examples.mask, "f32");
  if (!examples.item.empty()) check.slot("item", examples.item, "i32");
  if (!examples.lengths.empty()) check.slot("lengths", examples.lengths, "i32", 1);
  check.decoder(instances);
}

}  // namespace gistmill
