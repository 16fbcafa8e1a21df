#include "plugins/teacher/decoder/files/adapter_tensors.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "plugins/teacher/decoder/files/adapter_modules.hpp"
#include "plugins/teacher/decoder/files/adapter_reader.hpp"
#include "plugins/teacher/decoder/files/adapter_tables.hpp"
#include "plugins/teacher/decoder/files/hugging_face_names.hpp"
#include "plugins/teacher/decoder/files/layout.hpp"
#include "plugins/teacher/decoder/files/row_order.hpp"

namespace gistmill::decoder {
namespace {

// What stands beside the matrices of the layers.
class Layers {
 public:
  Layers(AdapterReader& file, const Config& config, const AdapterSettings& settings)
      : file_(file), config_(config), settings_(settings) {}

  void read(AdapterFile& adapter) {
    const std::vector<Module> modules = adapter_modules(config_);
    for (std::int64_t layer = 0; layer < config_.layers; ++layer) {
      for (const Module& module : modules) {
        const std::string name = module_name(config_, layer, module);
        if (settings_.kind == AdapterKind::kLora) read_module(layer, name, module, adapter);
        if (settings_.kind == AdapterKind::kIa3) read_factor(layer, name, module, adapter);
      }
    }
  }

 private:
  void read_module(std::int64_t layer, const std::string& name, const Module& module, AdapterFile& adapter) {
    const std::string down = kPeftPrefix + name + ".lora_A.weight";
    const std::string up = kPeftPrefix + name + ".lora_B.weight";
    if (!file_.has(down) && !file_.has(up)) return;
    const std::int64_t rank = settings_.rank_of(name);
    AdapterPart part;
    part.layer = layer;
    part.target = module.target;
    part.down = file_.take(down, {rank, module.inputs});
    part.up = file_.take(up, {module.outputs, rank});
    if (module.heads > 0) part.up = paired(part.up, module.heads).contiguous();
    part.scale = adapter_scale(settings_.alpha_of(name), rank, settings_.rank_stabilized);
    if (settings_.lora_bias) read_bias(name, module, part, adapter);
    if (settings_.decomposed) {
      read_magnitude(name, module, part, adapter);
    } else {
      adapter.parts.push_back(part);
    }
  }

  void read_magnitude(const std::string& name, const Module& module, const AdapterPart& part,
                      AdapterFile& adapter) {
    const std::string stored = kPeftPrefix + name + ".lora_magnitude_vector";
    at::Tensor magnitude = file_.take(file_.has(stored) ? stored : stored + ".weight", {module.outputs});
    if (module.heads > 0) magnitude = paired(magnitude, module.heads).contiguous();
    each_tensor(part.layer, module, [&](const std::string& tensor, std::int64_t first, std::int64_t rows) {
      Change& change = adapter.changes[tensor + ".weight"];
      change.down = part.down;
      change.up = part.up.narrow(0, first, rows);
      change.scale = part.scale;
      change.magnitude = magnitude.narrow(0, first, rows).unsqueeze(1);
    });
  }

  void read_bias(const std::string& name, const Module& module, const AdapterPart& part,
                 AdapterFile& adapter) {
    at::Tensor bias = file_.take(kPeftPrefix + name + ".lora_B.bias", {module.outputs}) * part.scale;
    if (module.heads > 0) bias = paired(bias, module.heads).contiguous();
    each_tensor(part.layer, module, [&](const std::string& tensor, std::int64_t first, std::int64_t rows) {
      adapter.changes[tensor + ".bias"].bias = bias.narrow(0, first, rows);
    });
  }

  // Of what the matrix gives, and so of its bias too; or of what it takes.
  void read_factor(std::int64_t layer, const std::string& name, const Module& module, AdapterFile& adapter) {
    const std::string stored = kPeftPrefix + name + ".ia3_l";
    if (!file_.has(stored)) return;
    const std::vector<std::int64_t> of_inputs = {1, module.inputs};
    const bool inputs = file_.shape_of(stored) == of_inputs;
    at::Tensor factor = file_.take(stored, inputs ? of_inputs : std::vector<std::int64_t>{module.outputs, 1});
    if (!inputs && module.heads > 0) factor = paired(factor, module.heads).contiguous();
    each_tensor(layer, module, [&](const std::string& tensor, std::int64_t first, std::int64_t rows) {
      adapter.changes[tensor + ".weight"].factor = inputs ? factor : factor.narrow(0, first, rows);
      if (!inputs) adapter.changes[tensor + ".bias"].factor = factor.narrow(0, first, rows).squeeze(1);
    });
  }

  // Calls body(tensor, first, rows) for the tensors whose rows [first, first + rows) the module holds.
  template <class Body>
  void each_tensor(std::int64_t layer, const Module& module, const Body& body) const {
    std::int64_t first = 0;
    for (const std::string& each : module.tensors) {
      const std::int64_t rows = module.tensors.size() == 1 ? module.outputs
                                : each == "attn_q"         ? config_.query_width()
                                                           : config_.key_width();
      body(layer_tensor(layer, each), first, rows);
      first += rows;
    }
  }

  AdapterReader& file_;
  const Config& config_;
  const AdapterSettings& settings_;
};

// A tensor of the model that was trained whole, or saved along.
void read_saved(const NamedShape& wanted, const Config& config, AdapterReader& file, AdapterFile& adapter) {
  const FileTensor place = hugging_face_tensor(config, wanted.name);
  const std::string name = saved_name(file, place.name);
  if (name.empty()) return;
  std::vector<std::int64_t> shape = wanted.shape;
  shape[0] *= place.parts;
  if (place.transposed) std::swap(shape[0], shape[1]);
  at::Tensor values = file.take(name, shape);
  adapter.saved[name] = values;
  if (place.transposed) values = values.t();
  if (place.less_one) values = values + 1.0;
  values = values.narrow(0, place.part * wanted.shape[0], wanted.shape[0]);
  const std::int64_t heads = rotated_heads(config, wanted.name);
  adapter.replaced[wanted.name] = (heads > 0 ? paired(values, heads) : values).contiguous();
  pass_over_copies(file, place.name);
}

bool has_new_biases(const AdapterFile& adapter, const ModelPlan& plan) {
  std::set<std::string> names;
  for (const NamedShape& tensor : tensors_of(plan)) names.insert(tensor.name);
  return std::any_of(adapter.changes.begin(), adapter.changes.end(), [&](const auto& change) {
    return change.second.bias.defined() && !names.contains(change.first);
  });
}

}  // namespace

void read_adapter_tensors(const formats::Safetensors& file, const ModelPlan& model,
                          const AdapterSettings& settings, AdapterFile& adapter) {
  AdapterReader reader(file);
  ModelPlan plan = model;
  plan.config.vocabulary = adapter.vocabulary = vocabulary_of(reader, plan);
  Layers(reader, plan.config, settings).read(adapter);
  for (const NamedShape& tensor : tensors_of(plan)) read_saved(tensor, plan.config, reader, adapter);
  read_tables(reader, plan, settings, adapter);
  adapter.has_new_biases = has_new_biases(adapter, plan);
  reader.refuse_others(plan.config);
}

std::map<std::string, at::Tensor> adapter_tensors(const AdapterFile& adapter, const Config& config) {
  std::map<std::string, at::Tensor> tensors;
  const auto add = [&](const std::string& name, const at::Tensor& values) {
    tensors[name] = values.detach().to(at::kCPU, at::kFloat).contiguous();
  };
  for (const AdapterPart& part : adapter.parts) {
    for (const Module& module : adapter_modules(config)) {
      if (module.target != part.target) continue;
      const std::string name = kPeftPrefix + module_name(config, part.layer, module);
      add(name + ".lora_A.weight", part.down);
      add(name + ".lora_B.weight", module.heads > 0 ? half_split(part.up, module.heads) : part.up);
    }
  }
  for (const auto& [name, values] : adapter.saved) add(name, values);
  const std::string rows = adapter.only_rows ? ".trainable_tokens_delta" : kTokenRows;
  if (!adapter.rows.tokens.empty()) add(kPeftPrefix + embedding_module(config) + rows, adapter.rows.values);
  if (!adapter.head_rows.tokens.empty()) add(kPeftPrefix + kHeadModule + rows, adapter.head_rows.values);
  return tensors;
}

}  // namespace gistmill::decoder
