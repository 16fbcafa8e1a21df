#include "plugins/teacher/decoder/files/adapter_file.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/json.hpp>
#include <gistmill/formats/safetensors.hpp>
#include <gistmill/plugin/values.hpp>
#include <set>

#include "plugins/teacher/decoder/files/hugging_face_names.hpp"
#include "plugins/teacher/decoder/files/json_object.hpp"
#include "plugins/teacher/decoder/files/output.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"
#include "plugins/teacher/decoder/files/rotary.hpp"
#include "plugins/teacher/decoder/files/row_order.hpp"

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;
constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kWeightFile = "adapter_model.safetensors";
constexpr const char* kPrefix = "base_model.model.";  // PEFT's wrapper around the model

// A matrix that adapters stand beside.
struct Module {
  std::string target;  // PEFT's name
  std::string tensor;  // this folder's
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::int64_t heads = 0;  // whose rows rotate; 0: none do
};

std::vector<Module> modules_of(const Config& config) {
  const std::int64_t width = config.width;
  const std::int64_t queries = config.query_width();
  const std::int64_t keys = config.key_width();
  const std::int64_t inner = config.feed_forward;
  if (config.architecture == "gpt2") {
    return {{"attn.c_attn", "attn_q", width, config.qkv_width(), 0},  // and keys, and values
            {"attn.c_proj", "attn_output", queries, width, 0},
            {"mlp.c_fc", "ffn_up", width, inner, 0},
            {"mlp.c_proj", "ffn_down", inner, width, 0}};
  }
  return {{"q_proj", "attn_q", width, queries, config.heads},
          {"k_proj", "attn_k", width, keys, config.kv_heads},
          {"v_proj", "attn_v", width, keys, 0},
          {"o_proj", "attn_output", queries, width, 0},
          {"gate_proj", "ffn_gate", width, inner, 0},
          {"up_proj", "ffn_up", width, inner, 0},
          {"down_proj", "ffn_down", inner, width, 0}};
}

// "base_model.model.model.layers.3.self_attn.q_proj"
std::string name_of(const Config& config, std::int64_t layer, const Module& module) {
  const std::string name = hugging_face_tensor(config, layer_tensor(layer, module.tensor + ".weight")).name;
  return kPrefix + name.substr(0, name.rfind('.'));
}

double scale_of(double alpha, std::int64_t rank, bool rank_stabilized) {
  const auto r = static_cast<double>(rank);
  return alpha / (rank_stabilized ? std::sqrt(r) : r);
}

struct Settings {
  std::int64_t rank = 0;
  double alpha = 0.0;
  double dropout = 0.0;
  double scale = 1.0;
  std::string base_model;
};

bool is_neutral(const nlohmann::json& value) {
  return value.is_null() || value == false || value == nlohmann::json("") ||
         (value.is_structured() && value.empty());
}

// PEFT grows keys with every version; those that it leaves null, false or empty do nothing.
void refuse_unread(const JsonObject& json, const nlohmann::json& config) {
  static const std::set<std::string> harmless = {
      "auto_mapping",   "ensure_weight_tying", "exclude_modules", "fan_in_fan_out", "inference_mode",
      "layers_pattern", "layers_to_transform", "megatron_core",   "peft_version",   "qalora_group_size",
      "revision",       "runtime_config",      "target_modules",  "task_type"};
  for (const std::string& key : json.unread()) {
    if (harmless.count(key) > 0 || is_neutral(config.at(key))) continue;
    refuse(json.where() + ": " + key + " is " + printable_json(config.at(key)) +
           ", which is not known for a plain LoRA adapter: the result could be wrong");
  }
}

Settings read_settings(const fs::path& path) {
  const nlohmann::json config = formats::read_json_file(path);
  const JsonObject json(config, path.string());
  if (json.string("peft_type") != "LORA") json.wrong("peft_type", "\"LORA\"");
  Settings settings;
  settings.rank = json.integer("r");
  if (settings.rank < 1) json.wrong("r", "1 or more");
  settings.alpha = json.number("lora_alpha");
  settings.dropout = json.number_or("lora_dropout", 0.0);
  settings.scale = scale_of(settings.alpha, settings.rank, json.boolean_or("use_rslora", false));
  settings.base_model = json.string_or("base_model_name_or_path", "");
  json.expect("bias", "none");
  // The other ways to start an adapter also change the weights that it stands beside.
  static const std::set<nlohmann::json> starts = {true, false, "gaussian", "orthogonal", "eva"};
  const nlohmann::json* start = json.find("init_lora_weights");
  if (start != nullptr && starts.count(*start) == 0) {
    json.wrong("init_lora_weights", "true, false, \"gaussian\", \"orthogonal\" or \"eva\"");
  }
  refuse_unread(json, config);
  return settings;
}

// f32, of this shape; throws where the tensor is missing or another.
at::Tensor read_tensor(const formats::Safetensors& file, const std::string& name,
                       const std::vector<std::int64_t>& shape) {
  const formats::SafetensorsTensor* tensor = file.find(name);
  if (tensor == nullptr) refuse(file.name() + ": has no tensor " + formats::printable(name));
  check_shape(file.name(), name, tensor->shape, shape);
  at::Tensor values = at::empty(shape, at::kFloat);
  file.read_rows(*tensor, 0, tensor->rows(), values.mutable_data_ptr<float>());
  return values;
}

std::vector<AdapterPart> read_parts(const formats::Safetensors& file, const Config& config,
                                    const Settings& settings) {
  const std::vector<Module> modules = modules_of(config);
  std::vector<AdapterPart> parts;
  std::set<std::string> used;
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    for (const Module& module : modules) {
      const std::string down = name_of(config, layer, module) + ".lora_A.weight";
      const std::string up = name_of(config, layer, module) + ".lora_B.weight";
      if (file.find(down) == nullptr && file.find(up) == nullptr) continue;
      AdapterPart part;
      part.layer = layer;
      part.target = module.target;
      part.down = read_tensor(file, down, {settings.rank, module.inputs});
      part.up = read_tensor(file, up, {module.outputs, settings.rank});
      if (module.heads > 0) part.up = paired(part.up, module.heads).contiguous();
      part.scale = settings.scale;
      parts.push_back(part);
      used.insert({down, up});
    }
  }
  for (const formats::SafetensorsTensor& tensor : file.tensors()) {
    if (used.count(std::string(tensor.name)) > 0) continue;
    refuse(file.name() + ": has tensor " + formats::printable(tensor.name) +
           ", which is not an adapter of a " + config.architecture + " model of " +
           std::to_string(config.layers) + " layers");
  }
  if (parts.empty()) refuse(file.name() + ": holds no adapter");
  return parts;
}

// What goes wrong here is about the adapter, not about the model.
template <class Body>
auto about_adapter(Body&& body) {
  try {
    return mended(body);
  } catch (const Error& error) {
    throw Error(error.code, error.what(), "adapter");
  }
}

nlohmann::json config_json(const AdapterFile& adapter, const Config& config) {
  std::set<std::string> targets;
  for (const AdapterPart& part : adapter.parts) targets.insert(part.target);
  bool rank_stabilized = false;
  if (!adapter.parts.empty()) {
    const double scale = adapter.parts.front().scale;
    rank_stabilized = std::abs(scale - scale_of(adapter.alpha, adapter.rank, false)) >
                      std::abs(scale - scale_of(adapter.alpha, adapter.rank, true));
  }
  return {{"peft_type", "LORA"},
          {"task_type", "CAUSAL_LM"},
          {"base_model_name_or_path", adapter.base_model},
          {"r", adapter.rank},
          {"lora_alpha", adapter.alpha},
          {"lora_dropout", adapter.dropout},
          {"target_modules", targets},
          {"bias", "none"},
          {"use_rslora", rank_stabilized},
          {"use_dora", false},
          {"fan_in_fan_out", config.architecture == "gpt2"},
          {"init_lora_weights", true},
          {"inference_mode", true}};
}

}  // namespace

AdapterFile read_adapter(const std::string& folder, const Config& config) {
  return about_adapter([&] {
    const Settings settings = read_settings(fs::path(folder) / kConfigFile);
    const formats::Safetensors file(fs::path(folder) / kWeightFile);
    AdapterFile adapter;
    adapter.parts = read_parts(file, config, settings);
    adapter.rank = settings.rank;
    adapter.alpha = settings.alpha;
    adapter.dropout = settings.dropout;
    adapter.base_model = settings.base_model;
    return adapter;
  });
}

void write_adapter(const std::string& folder, const AdapterFile& adapter, const Config& config,
                   const std::string& key) {
  std::vector<at::Tensor> kept;  // what the items point to
  std::vector<formats::SafetensorsItem> items;
  const auto add = [&](const std::string& name, const at::Tensor& values) {
    kept.push_back(values.detach().cpu().to(at::kFloat).contiguous());
    items.push_back({name, formats::SafetensorsDtype::kF32, values.sizes().vec(),
                     kept.back().const_data_ptr(), kept.back().nbytes()});
  };
  for (const AdapterPart& part : adapter.parts) {
    for (const Module& module : modules_of(config)) {
      if (module.target != part.target) continue;
      const std::string name = name_of(config, part.layer, module);
      add(name + ".lora_A.weight", part.down);
      add(name + ".lora_B.weight", module.heads > 0 ? half_split(part.up, module.heads) : part.up);
    }
  }
  write_whole_folder(folder, key, [&](const fs::path& inside) {
    write_tensors(inside / kWeightFile, items);
    files::write_file(inside / kConfigFile, config_json(adapter, config).dump(2) + "\n");
  });
}

std::string adapter_digest(const std::string& folder) {
  return about_adapter([&] {
    formats::Sha256 sha;
    for (const char* name : {kConfigFile, kWeightFile}) {
      sha.update_field(formats::sha256_file(fs::path(folder) / name));
    }
    return sha.hex();
  });
}

}  // namespace gistmill::decoder
