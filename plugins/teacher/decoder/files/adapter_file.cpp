#include "plugins/teacher/decoder/files/adapter_file.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/safetensors.hpp>
#include <gistmill/plugin/values.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "plugins/teacher/decoder/files/adapter_settings.hpp"
#include "plugins/teacher/decoder/files/hugging_face_names.hpp"
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

// "model.layers.3.self_attn.q_proj"
std::string name_of(const Config& config, std::int64_t layer, const Module& module) {
  const std::string name = hugging_face_tensor(config, layer_tensor(layer, module.tensor + ".weight")).name;
  return name.substr(0, name.rfind('.'));
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
                                    const AdapterSettings& settings, std::set<std::string>& used) {
  const std::vector<Module> modules = modules_of(config);
  std::vector<AdapterPart> parts;
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    for (const Module& module : modules) {
      const std::string name = name_of(config, layer, module);
      const std::string down = kPrefix + name + ".lora_A.weight";
      const std::string up = kPrefix + name + ".lora_B.weight";
      if (file.find(down) == nullptr && file.find(up) == nullptr) continue;
      AdapterPart part;
      part.layer = layer;
      part.target = module.target;
      const std::int64_t rank = settings.rank_of(name);
      part.down = read_tensor(file, down, {rank, module.inputs});
      part.up = read_tensor(file, up, {module.outputs, rank});
      if (module.heads > 0) part.up = paired(part.up, module.heads).contiguous();
      part.scale = adapter_scale(settings.alpha_of(name), rank, settings.rank_stabilized);
      parts.push_back(part);
      used.insert({down, up});
    }
  }
  return parts;
}

// Embeddings that were saved with the adapter take the model's place; of single tokens, their rows do.
std::map<std::string, at::Tensor> read_replaced(const formats::Safetensors& file, const Config& config,
                                                std::set<std::string>& used) {
  std::map<std::string, at::Tensor> replaced;
  for (const char* tensor : {"token_embd.weight", "output.weight"}) {
    const std::string name = kPrefix + hugging_face_tensor(config, tensor).name;
    if (file.find(name) == nullptr) continue;
    replaced[tensor] = read_tensor(file, name, {config.vocabulary, config.width});
    used.insert(name);
  }
  return replaced;
}

std::string token_rows_name(const Config& config) {
  const std::string name = hugging_face_tensor(config, "token_embd.weight").name;
  return kPrefix + name.substr(0, name.rfind('.')) + ".token_adapter.trainable_tokens_delta";
}

TokenRows read_token_rows(const formats::Safetensors& file, const Config& config,
                          const AdapterSettings& settings, std::set<std::string>& used) {
  TokenRows rows;
  if (settings.token_indices.empty()) return rows;
  for (const std::int64_t token : settings.token_indices) {
    if (token >= config.vocabulary)
      refuse(file.name() + ": trains token " + std::to_string(token) + " when the model has " +
             std::to_string(config.vocabulary));
  }
  const std::string name = token_rows_name(config);
  rows.tokens = settings.token_indices;
  rows.values = read_tensor(file, name, {static_cast<std::int64_t>(rows.tokens.size()), config.width});
  used.insert(name);
  return rows;
}

void refuse_unused(const formats::Safetensors& file, const Config& config,
                   const std::set<std::string>& used) {
  for (const formats::SafetensorsTensor& tensor : file.tensors()) {
    if (used.count(std::string(tensor.name)) > 0) continue;
    refuse(file.name() + ": has tensor " + formats::printable(tensor.name) +
           ", which is not an adapter of a " + config.architecture + " model of " +
           std::to_string(config.layers) + " layers");
  }
  if (used.empty()) refuse(file.name() + ": holds no adapter");
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

// Ranks and alphas of parts that differ from the file's own, by the whole name of their module.
struct Patterns {
  nlohmann::json ranks = nlohmann::json::object();
  nlohmann::json alphas = nlohmann::json::object();
};

Patterns patterns_of(const AdapterFile& adapter, const Config& config) {
  Patterns patterns;
  const std::vector<Module> modules = modules_of(config);
  for (const AdapterPart& part : adapter.parts) {
    const auto module = std::find_if(modules.begin(), modules.end(),
                                     [&](const Module& each) { return each.target == part.target; });
    if (module == modules.end()) continue;
    const std::string name = "^" + name_of(config, part.layer, *module);
    const std::int64_t rank = part.down.size(0);
    if (rank != adapter.rank) patterns.ranks[name] = rank;
    const double alpha = part.scale / adapter_scale(1.0, rank, adapter.rank_stabilized);
    if (std::abs(alpha - adapter.alpha) > 1e-9 * adapter.alpha) patterns.alphas[name] = alpha;
  }
  return patterns;
}

nlohmann::json config_json(const AdapterFile& adapter, const Config& config) {
  std::set<std::string> targets;
  for (const AdapterPart& part : adapter.parts) targets.insert(part.target);
  const Patterns patterns = patterns_of(adapter, config);
  nlohmann::json json = {{"peft_type", "LORA"},
                         {"task_type", "CAUSAL_LM"},
                         {"base_model_name_or_path", adapter.base_model},
                         {"r", adapter.rank},
                         {"lora_alpha", adapter.alpha},
                         {"lora_dropout", adapter.dropout},
                         {"rank_pattern", patterns.ranks},
                         {"alpha_pattern", patterns.alphas},
                         {"target_modules", targets},
                         {"bias", "none"},
                         {"use_rslora", adapter.rank_stabilized},
                         {"use_dora", false},
                         {"fan_in_fan_out", config.architecture == "gpt2"},
                         {"init_lora_weights", true},
                         {"inference_mode", true}};
  const std::string embedding = config.architecture == "gpt2" ? "wte" : "embed_tokens";
  if (!adapter.rows.tokens.empty()) json["trainable_token_indices"] = {{embedding, adapter.rows.tokens}};
  return json;
}

}  // namespace

AdapterFile read_adapter(const std::string& folder, const Config& config) {
  return about_adapter([&] {
    const AdapterSettings settings = read_adapter_settings(fs::path(folder) / kConfigFile);
    if (!fs::exists(fs::path(folder) / kWeightFile) && fs::exists(fs::path(folder) / "adapter_model.bin"))
      refuse(folder +
             ": has adapter_model.bin, which is Python's own format; load it with PEFT and save it "
             "again: save_pretrained writes adapter_model.safetensors");
    const formats::Safetensors file(fs::path(folder) / kWeightFile);
    AdapterFile adapter;
    std::set<std::string> used;
    adapter.parts = read_parts(file, config, settings, used);
    adapter.replaced = read_replaced(file, config, used);
    adapter.rows = read_token_rows(file, config, settings, used);
    refuse_unused(file, config, used);
    adapter.vocabulary = config.vocabulary;
    adapter.rank = settings.rank;
    adapter.alpha = settings.alpha;
    adapter.rank_stabilized = settings.rank_stabilized;
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
      const std::string name = kPrefix + name_of(config, part.layer, module);
      add(name + ".lora_A.weight", part.down);
      add(name + ".lora_B.weight", module.heads > 0 ? half_split(part.up, module.heads) : part.up);
    }
  }
  for (const auto& [tensor, values] : adapter.replaced)
    add(kPrefix + hugging_face_tensor(config, tensor).name, values);
  if (!adapter.rows.tokens.empty()) add(token_rows_name(config), adapter.rows.values);
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
