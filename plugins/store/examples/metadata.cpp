#include "plugins/store/examples/metadata.hpp"

#include <nlohmann/json.hpp>

namespace gistmill::examples {
namespace {

using Json = nlohmann::json;

// A string that is valid YAML too, or null.
std::string scalar(const Json& value) { return value.is_string() ? value.dump() : "null"; }

const Json* member(const Json& object, const std::string& key) {
  const bool has = object.is_object() && object.contains(key);
  return has ? &object[key] : nullptr;
}

// The name of the first instance whose component is of `role`; "" where none is.
std::string instance_of(const Json& made, const std::string& role) {
  const Json* instances = member(made, "instances");
  if (instances == nullptr || !instances->is_object()) return "";
  for (const auto& [name, instance] : instances->items()) {
    const Json* component = member(instance, "component");
    if (component != nullptr && component->is_string() &&
        component->get<std::string>().rfind(role + "/", 0) == 0)
      return name;
  }
  return "";
}

// The name of the file that the instance of a role reads its model from, else its component.
Json model_of(const Json& made, const std::string& role) {
  const std::string name = instance_of(made, role);
  if (name.empty()) return nullptr;
  if (const Json* files = member(made, "files")) {
    if (const Json* options = member(*files, name)) {
      if (const Json* model = member(*options, "model")) return *model;
    }
  }
  return made["instances"][name]["component"];
}

Json option_of(const Json& made, const std::string& role, const std::string& option) {
  const std::string name = instance_of(made, role);
  if (name.empty()) return nullptr;
  const Json* options = member(made["instances"][name], "options");
  const Json* value = options == nullptr ? nullptr : member(*options, option);
  return value == nullptr ? Json() : *value;
}

// The corpus that the blocks were cut from was made with the tokenizer.
Json tokenizer_of(const Json& made) {
  if (const Json* corpora = member(made, "corpora"); corpora != nullptr && corpora->is_object()) {
    for (const auto& [pipeline, corpus] : corpora->items()) {
      if (Json tokenizer = model_of(corpus, "tokenizer"); !tokenizer.is_null()) return tokenizer;
    }
  }
  return model_of(made, "tokenizer");
}

}  // namespace

std::string metadata_text(const std::string& provenance, const Shape& shape, const std::string& dtype,
                          const std::array<SplitCounts, kSplits>& counts) {
  const Json made = Json::parse(provenance, nullptr, false);
  const Json* pipeline = member(made, "pipeline");
  std::string text;
  text += "dataset_name: " + scalar(pipeline == nullptr ? Json() : *pipeline) + "\n";
  text += "tokenizer: " + scalar(tokenizer_of(made)) + "\n";
  text += "block_size: " + std::to_string(shape.block) + "\n";
  text += "horizon: " + std::to_string(shape.horizon) + "\n";
  text += "teacher_model: " + scalar(model_of(made, "teacher")) + "\n";
  text += "teacher_dtype: " + dtype + "\n";
  text += "teacher_dtype_config: " + scalar(option_of(made, "teacher", "dtype")) + "\n";
  text += "splits:\n";
  for (std::size_t split = 0; split < kSplits; ++split) {
    if (counts[split].examples == 0) continue;
    text += std::string("  ") + kSplitNames[split] + ":\n";
    text += "    documents: " + std::to_string(counts[split].documents) + "\n";
    text += "    blocks: " + std::to_string(counts[split].blocks) + "\n";
    text += "    examples: " + std::to_string(counts[split].examples) + "\n";
    text += "    teacher_hidden_size: " + std::to_string(shape.hidden) + "\n";
    text += "    teacher_dtype: " + dtype + "\n";
  }
  return text;
}

}  // namespace gistmill::examples
