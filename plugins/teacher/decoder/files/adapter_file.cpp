#include "plugins/teacher/decoder/files/adapter_file.hpp"

#include <ATen/ATen.h>

#include <re2/re2.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/safetensors.hpp>
#include <gistmill/plugin/values.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "plugins/teacher/decoder/files/adapter_modules.hpp"
#include "plugins/teacher/decoder/files/adapter_settings.hpp"
#include "plugins/teacher/decoder/files/adapter_tables.hpp"
#include "plugins/teacher/decoder/files/adapter_tensors.hpp"
#include "plugins/teacher/decoder/files/lfs_pointer.hpp"
#include "plugins/teacher/decoder/files/output.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;
constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kWeightFile = "adapter_model.safetensors";

// What goes wrong here is about the adapter, not about the model.
template <class Body>
auto about_adapter(Body&& body) {
  try {
    return mended(body);
  } catch (const Error& error) {
    throw Error(error.code, error.what(), "adapter");
  }
}

// Ranks and alphas of modules that differ from the file's own, by their whole names.
struct Patterns {
  nlohmann::json ranks = nlohmann::json::object();
  nlohmann::json alphas = nlohmann::json::object();

  void add(const std::string& module, std::int64_t rank, double alpha, const AdapterFile& adapter) {
    const std::string name = "^" + re2::RE2::QuoteMeta(module);
    if (rank != adapter.rank) ranks[name] = rank;
    if (std::abs(alpha - adapter.alpha) > 1e-9 * adapter.alpha) alphas[name] = alpha;
  }
};

Patterns patterns_of(const AdapterFile& adapter, const Config& config) {
  Patterns patterns;
  const std::vector<Module> modules = adapter_modules(config);
  for (const AdapterPart& part : adapter.parts) {
    const auto module = std::find_if(modules.begin(), modules.end(),
                                     [&](const Module& each) { return each.target == part.target; });
    if (module == modules.end()) continue;
    const std::int64_t rank = part.down.size(0);
    patterns.add(module_name(config, part.layer, *module), rank,
                 part.scale / adapter_scale(1.0, rank, adapter.rank_stabilized), adapter);
  }
  for (const TableAdapter& table : adapter.tables)
    patterns.add(table.module, table.rank, table.alpha, adapter);
  return patterns;
}

std::string last_part(const std::string& module) { return module.substr(module.rfind('.') + 1); }

nlohmann::json rows_json(const AdapterFile& adapter, const Config& config) {
  nlohmann::json json = {{"peft_type", "TRAINABLE_TOKENS"},
                         {"task_type", "CAUSAL_LM"},
                         {"base_model_name_or_path", adapter.base_model},
                         {"token_indices", adapter.rows.tokens},
                         {"target_modules", {last_part(embedding_module(config))}},
                         {"init_weights", true},
                         {"inference_mode", true}};
  if (!adapter.head_rows.tokens.empty()) json["target_modules"].push_back(kHeadModule);
  return json;
}

nlohmann::json lora_json(const AdapterFile& adapter, const Config& config) {
  std::set<std::string> targets;
  for (const AdapterPart& part : adapter.parts) targets.insert(part.target);
  for (const TableAdapter& table : adapter.tables) targets.insert(last_part(table.module));
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
                         {"bias", adapter.bias},
                         {"use_rslora", adapter.rank_stabilized},
                         {"use_dora", false},
                         {"ensure_weight_tying", adapter.keeps_ties},
                         {"fan_in_fan_out", config.architecture == "gpt2"},
                         {"init_lora_weights", true},
                         {"inference_mode", true}};
  std::set<std::int64_t> layers;
  for (const AdapterPart& part : adapter.parts) layers.insert(part.layer);
  if (!layers.empty() && adapter.tables.empty() && static_cast<std::int64_t>(layers.size()) < config.layers)
    json["layers_to_transform"] = layers;
  if (!adapter.saved_modules.empty()) json["modules_to_save"] = adapter.saved_modules;
  nlohmann::json& tokens = json["trainable_token_indices"];
  if (!adapter.rows.tokens.empty()) tokens[last_part(embedding_module(config))] = adapter.rows.tokens;
  if (!adapter.head_rows.tokens.empty()) tokens[kHeadModule] = adapter.head_rows.tokens;
  return json;
}

// What is read of a kind, and of those that are read only, which.
void put_settings(const AdapterSettings& settings, AdapterFile& adapter) {
  if (settings.kind == AdapterKind::kIa3) adapter.only_read = "an IA3 adapter";
  if (settings.lora_bias) adapter.only_read = "an adapter whose lora_B has a bias (lora_bias)";
  if (settings.decomposed) adapter.only_read = "a DoRA adapter (use_dora)";
  adapter.only_rows = settings.kind == AdapterKind::kTokens;
  adapter.keeps_ties = settings.keeps_ties;
  adapter.rank = settings.rank;
  adapter.alpha = settings.alpha;
  adapter.rank_stabilized = settings.rank_stabilized;
  adapter.dropout = settings.dropout;
  adapter.bias = settings.bias;
  adapter.saved_modules = settings.saved_modules;
  adapter.base_model = settings.base_model;
}

}  // namespace

ModelPlan AdapterFile::plan_of(ModelPlan model) const {
  model.config.vocabulary = vocabulary;
  model.layout.own_head = model.layout.own_head || own_head;
  return model;
}

AdapterFile read_adapter(const std::string& folder, const ModelPlan& plan) {
  return about_adapter([&] {
    refuse_lfs_pointers(folder);
    if (!fs::is_directory(folder))
      refuse(folder + ": is not a folder; name the one that holds adapter_config.json");
    const AdapterSettings settings = read_adapter_settings(fs::path(folder) / kConfigFile);
    if (!fs::exists(fs::path(folder) / kWeightFile) && fs::exists(fs::path(folder) / "adapter_model.bin"))
      refuse(folder +
             ": has adapter_model.bin, which is Python's own format; load it with PEFT and save it "
             "again: save_pretrained writes adapter_model.safetensors");
    const formats::Safetensors file(fs::path(folder) / kWeightFile);
    AdapterFile adapter;
    read_adapter_tensors(file, plan, settings, adapter);
    put_settings(settings, adapter);
    return adapter;
  });
}

std::string adapter_left_out(const std::string& model) {
  if (!fs::exists(fs::path(model) / kConfigFile)) return "";
  return model + ": holds a PEFT adapter too (" + kConfigFile +
         "), which is left out; --set teacher.adapter=" + model + " applies it";
}

void write_adapter(const std::string& folder, const AdapterFile& adapter, const Config& config,
                   const std::string& key) {
  const std::map<std::string, at::Tensor> tensors = adapter_tensors(adapter, config);
  std::vector<formats::SafetensorsItem> items;
  for (const auto& [name, values] : tensors) {
    items.push_back({name, formats::SafetensorsDtype::kF32, values.sizes().vec(), values.const_data_ptr(),
                     values.nbytes()});
  }
  write_whole_folder(folder, key, [&](const fs::path& inside) {
    write_tensors(inside / kWeightFile, items);
    const nlohmann::json json = adapter.only_rows ? rows_json(adapter, config) : lora_json(adapter, config);
    files::write_file(inside / kConfigFile, json.dump(2) + "\n");
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
