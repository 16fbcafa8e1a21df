#include "host/run/tokenizer_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {
namespace {

bool takes_files(const Instance& saver, std::string_view operation) {
  const OperationSpec* spec = saver.planned().spec->operation(operation);
  return spec != nullptr && spec->input("tokenizer_json") != nullptr &&
         spec->input("no_tokenizer") != nullptr;
}

Arrays none(const std::string& reason) { return {{"no_tokenizer", bytes_array(reason)}}; }

bool is_tokenizer(const PlannedInstance& planned) {
  return std::ranges::count(planned.spec->fulfils, "tokenizer") > 0;
}

// One of each vocabulary: two components may have the same with other options.
std::vector<std::unique_ptr<Instance>> tokenizers(const Plan& plan, Registry& registry) {
  std::map<std::string, std::unique_ptr<Instance>> found;
  for (const PlannedInstance& planned : plan.instances) {
    if (!is_tokenizer(planned)) continue;
    auto instance = std::make_unique<Instance>(planned, component_for(planned, registry), plugin_host());
    instance->start({}, 0);
    const bool named = planned.spec->operation("identity") != nullptr;
    const std::string key =
        named ? text_of(call_operation(*instance, "identity", {}).at("tokenizer")) : planned.name;
    found.emplace(key, std::move(instance));
  }
  std::vector<std::unique_ptr<Instance>> list;
  for (auto& [key, instance] : found) list.push_back(std::move(instance));
  return list;
}

}  // namespace

Arrays tokenizer_files(const Plan& plan, Registry& registry, const Instance& saver,
                       std::string_view operation) {
  if (!takes_files(saver, operation)) return {};
  const std::vector<std::unique_ptr<Instance>> found = tokenizers(plan, registry);
  if (found.empty()) return none("the recipe has no tokenizer");
  if (found.size() > 1)
    return none(fmt::format("{} and {} are different tokenizers", found[0]->name(), found[1]->name()));
  const ComponentSpec& spec = *found.front()->planned().spec;
  if (spec.operation("files") == nullptr)
    return none(fmt::format("{} ({}) cannot write them", found.front()->name(), spec.name));
  try {
    return call_operation(*found.front(), "files", {});
  } catch (const Failure& failure) {
    return none(
        fmt::format("{} ({}) cannot write them: {}", found.front()->name(), spec.name, failure.message()));
  }
}

}  // namespace gistmill
