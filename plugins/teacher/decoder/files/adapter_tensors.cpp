#include "plugins/teacher/decoder/files/adapter_tensors.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <gistmill/formats/digest.hpp>

#include "plugins/teacher/decoder/files/adapter_modules.hpp"
#include "plugins/teacher/decoder/files/hugging_face_names.hpp"
#include "plugins/teacher/decoder/files/layout.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"
#include "plugins/teacher/decoder/files/row_order.hpp"

namespace gistmill::decoder {
namespace {

const std::string kPrefix = "base_model.model.";  // PEFT's wrapper around the model

std::string token_rows_name(const Config& config) {
  const std::string name = hugging_face_tensor(config, "token_embd.weight").name;
  return kPrefix + name.substr(0, name.rfind('.')) + ".token_adapter.trainable_tokens_delta";
}

class Reader {
 public:
  Reader(const formats::Safetensors& file, const ModelPlan& plan, const AdapterSettings& settings)
      : file_(file), plan_(plan), config_(plan.config), settings_(settings) {}

  void read(AdapterFile& adapter) {
    const std::vector<Module> modules = adapter_modules(config_);
    for (std::int64_t layer = 0; layer < config_.layers; ++layer) {
      for (const Module& module : modules) read_module(layer, module, adapter);
    }
    for (const NamedShape& tensor : tensors_of(plan_)) read_saved(tensor, adapter);
    if (!plan_.layout.own_head) read_head_beside(adapter);
    read_token_rows(adapter);
    refuse_unused();
  }

 private:
  bool has(const std::string& name) const { return file_.find(name) != nullptr; }

  // f32, of this shape; throws where the tensor is missing or another.
  at::Tensor tensor(const std::string& name, const std::vector<std::int64_t>& shape) {
    const formats::SafetensorsTensor* found = file_.find(name);
    if (found == nullptr) refuse(file_.name() + ": has no tensor " + formats::printable(name));
    check_shape(file_.name(), name, found->shape, shape);
    at::Tensor values = at::empty(shape, at::kFloat);
    file_.read_rows(*found, 0, found->rows(), values.mutable_data_ptr<float>());
    used_.insert(name);
    return values;
  }

  void read_module(std::int64_t layer, const Module& module, AdapterFile& adapter) {
    const std::string name = module_name(config_, layer, module);
    const std::string down = kPrefix + name + ".lora_A.weight";
    const std::string up = kPrefix + name + ".lora_B.weight";
    if (!has(down) && !has(up)) return;
    const std::int64_t rank = settings_.rank_of(name);
    AdapterPart part;
    part.layer = layer;
    part.target = module.target;
    part.down = tensor(down, {rank, module.inputs});
    part.up = tensor(up, {module.outputs, rank});
    if (module.heads > 0) part.up = paired(part.up, module.heads).contiguous();
    part.scale = adapter_scale(settings_.alpha_of(name), rank, settings_.rank_stabilized);
    if (settings_.decomposed) {
      read_magnitude(name, module, part, adapter);
    } else {
      adapter.parts.push_back(part);
    }
  }

  void read_magnitude(const std::string& name, const Module& module, const AdapterPart& part,
                      AdapterFile& adapter) {
    const std::string stored = kPrefix + name + ".lora_magnitude_vector";
    at::Tensor magnitude = tensor(has(stored) ? stored : stored + ".weight", {module.outputs});
    if (module.heads > 0) magnitude = paired(magnitude, module.heads).contiguous();
    std::int64_t first = 0;
    for (const std::string& each : module.tensors) {
      const std::int64_t rows = module.tensors.size() == 1 ? module.outputs
                                : each == "attn_q"         ? config_.query_width()
                                                           : config_.key_width();
      adapter.decomposed[layer_tensor(part.layer, each + ".weight")] = {
          part.down, part.up.narrow(0, first, rows), magnitude.narrow(0, first, rows), part.scale};
      first += rows;
    }
  }

  // Under which name the file has this tensor of the model; empty where it has none. Beside an adapter, PEFT
  // keeps a bias as its base layer's.
  std::string saved_name(const std::string& name) const {
    if (has(kPrefix + name)) return kPrefix + name;
    const std::size_t dot = name.rfind('.');
    const std::string inner = kPrefix + name.substr(0, dot) + ".base_layer" + name.substr(dot);
    return has(inner) ? inner : "";
  }

  void read_saved(const NamedShape& wanted, AdapterFile& adapter) {
    const FileTensor place = hugging_face_tensor(config_, wanted.name);
    const std::string name = saved_name(place.name);
    if (name.empty()) return;
    std::vector<std::int64_t> shape = wanted.shape;
    shape[0] *= place.parts;
    if (place.transposed) std::swap(shape[0], shape[1]);
    at::Tensor values = tensor(name, shape);
    adapter.saved[name] = values;
    if (place.transposed) values = values.t();
    if (place.less_one) values = values + 1.0;
    values = values.narrow(0, place.part * wanted.shape[0], wanted.shape[0]);
    const std::int64_t heads = rotated_heads(config_, wanted.name);
    adapter.replaced[wanted.name] = (heads > 0 ? paired(values, heads) : values).contiguous();
    pass_over_copies(place.name);
  }

  // A bias within modules_to_save is written up to three times (PEFT 0.21.2): as it was, and twice as it
  // became.
  void pass_over_copies(const std::string& name) {
    const std::size_t dot = name.rfind('.');
    for (const char* copy : {".original_module", ".modules_to_save"})
      used_.insert(kPrefix + name.substr(0, dot) + copy + name.substr(dot));
  }

  // Whether PEFT trained the embedding as one of modules_to_save, which it names by the ends of their names.
  bool trained_embedding_whole() const {
    const std::string name = hugging_face_tensor(config_, "token_embd.weight").name;
    const std::string module = name.substr(0, name.rfind('.'));
    return std::any_of(settings_.saved_modules.begin(), settings_.saved_modules.end(),
                       [&](const std::string& saved) { return module.ends_with(saved); });
  }

  // A head of its own for a model whose head is the embedding: one that was saved, or, where PEFT trained a
  // copy of the embedding alone, the embedding as it was.
  void read_head_beside(AdapterFile& adapter) {
    const std::string name = saved_name("lm_head.weight");
    const auto embedding = adapter.replaced.find("token_embd.weight");
    if (name.empty()) {
      adapter.own_head =
          embedding != adapter.replaced.end() && trained_embedding_whole() && !settings_.keeps_ties;
      return;
    }
    const at::Tensor head = tensor(name, {config_.vocabulary, config_.width});
    pass_over_copies("lm_head.weight");
    adapter.saved[name] = head;
    if (embedding != adapter.replaced.end() && at::equal(embedding->second, head)) return;
    adapter.replaced["output.weight"] = head;
    adapter.own_head = true;
  }

  void read_token_rows(AdapterFile& adapter) {
    if (settings_.token_indices.empty()) return;
    for (const std::int64_t token : settings_.token_indices) {
      if (token < config_.vocabulary) continue;
      refuse(file_.name() + ": trains token " + std::to_string(token) + " when the model has " +
             std::to_string(config_.vocabulary));
    }
    adapter.rows.tokens = settings_.token_indices;
    adapter.rows.values = tensor(token_rows_name(config_),
                                 {static_cast<std::int64_t>(adapter.rows.tokens.size()), config_.width});
  }

  void refuse_unused() const {
    for (const formats::SafetensorsTensor& tensor : file_.tensors()) {
      if (used_.count(std::string(tensor.name)) > 0) continue;
      refuse(file_.name() + ": has tensor " + formats::printable(tensor.name) +
             ", which is not an adapter of a " + config_.architecture + " model of " +
             std::to_string(config_.layers) + " layers");
    }
    if (file_.tensors().empty()) refuse(file_.name() + ": holds no adapter");
  }

  const formats::Safetensors& file_;
  const ModelPlan& plan_;
  const Config& config_;
  const AdapterSettings& settings_;
  std::set<std::string> used_;
};

}  // namespace

void read_adapter_tensors(const formats::Safetensors& file, const ModelPlan& plan,
                          const AdapterSettings& settings, AdapterFile& adapter) {
  Reader(file, plan, settings).read(adapter);
}

std::map<std::string, at::Tensor> adapter_tensors(const AdapterFile& adapter, const Config& config) {
  std::map<std::string, at::Tensor> tensors;
  const auto add = [&](const std::string& name, const at::Tensor& values) {
    tensors[name] = values.detach().to(at::kCPU, at::kFloat).contiguous();
  };
  for (const AdapterPart& part : adapter.parts) {
    for (const Module& module : adapter_modules(config)) {
      if (module.target != part.target) continue;
      const std::string name = kPrefix + module_name(config, part.layer, module);
      add(name + ".lora_A.weight", part.down);
      add(name + ".lora_B.weight", module.heads > 0 ? half_split(part.up, module.heads) : part.up);
    }
  }
  for (const auto& [name, values] : adapter.saved) add(name, values);
  if (!adapter.rows.tokens.empty()) add(token_rows_name(config), adapter.rows.values);
  return tensors;
}

}  // namespace gistmill::decoder
