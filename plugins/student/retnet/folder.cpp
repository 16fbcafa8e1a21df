#include "plugins/student/retnet/folder.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <filesystem>
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/json.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "plugins/student/retnet/names.hpp"
#include "plugins/teacher/decoder/files/folder_writer.hpp"
#include "plugins/teacher/decoder/files/json_object.hpp"
#include "plugins/teacher/decoder/files/output.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::retnet {
namespace {

namespace fs = std::filesystem;
using decoder::JsonObject;
using decoder::mended;
using decoder::refuse;

constexpr std::int64_t kMostLayers = 4096;
constexpr std::int64_t kLargestSize = std::int64_t{1} << 24;

struct NamedTensor {
  std::string name;
  at::Tensor view;  // of a weight, or of a part of its rows
};

void add_layer(const Config& config, const LayerWeights& layer, const std::string& name,
               std::vector<NamedTensor>& result) {
  const at::Tensor& in = layer.retention.in;
  const at::Tensor& up = layer.feed_forward.in;
  const std::int64_t width = config.width;
  const std::int64_t values = config.value_width;
  const std::int64_t feed = config.feed_forward;
  result.push_back({name + "retention_layer_norm.weight", layer.retention.norm});
  result.push_back({name + "retention.q_proj.weight", in.narrow(0, 0, width)});
  result.push_back({name + "retention.k_proj.weight", in.narrow(0, width, width)});
  result.push_back({name + "retention.v_proj.weight", in.narrow(0, 2 * width, values)});
  result.push_back({name + "retention.g_proj.weight", in.narrow(0, 2 * width + values, values)});
  result.push_back({name + "retention.out_proj.weight", layer.retention.out});
  result.push_back({name + "final_layer_norm.weight", layer.feed_forward.norm});
  result.push_back({name + "ffn.fc1.weight", up.narrow(0, 0, feed)});
  result.push_back({name + "ffn.gate.weight", up.narrow(0, feed, feed)});
  result.push_back({name + "ffn.fc2.weight", layer.feed_forward.out});
}

// Every tensor of the file, as a view of the weights that hold it.
std::vector<NamedTensor> tensors_of(const Config& config, const Weights& weights) {
  std::vector<NamedTensor> result = {{"embed_tokens.weight", weights.embedding}};
  for (std::size_t i = 0; i < weights.layers.size(); ++i) {
    add_layer(config, weights.layers[i], "layers." + std::to_string(i) + ".", result);
  }
  result.push_back({"layer_norm.weight", weights.norm});
  if (!config.tied) result.push_back({"output_projection.weight", weights.head});
  return result;
}

// Weights that have sizes, and no memory.
Weights sizes_of(const Config& config) {
  const auto sized = [](at::IntArrayRef shape) { return at::empty(shape, at::TensorOptions(at::kMeta)); };
  const std::int64_t width = config.width;
  Weights weights;
  weights.embedding = sized({config.vocabulary, width});
  weights.head = config.tied ? weights.embedding : sized({config.vocabulary, width});
  weights.norm = sized({width});
  for (std::int64_t i = 0; i < config.layers; ++i) {
    weights.layers.push_back(
        {{sized({width}), sized({config.mixed_width(), width}), sized({width, config.value_width})},
         {sized({width}), sized({2 * config.feed_forward, width}), sized({width, config.feed_forward})}});
  }
  return weights;
}

std::int64_t size_of(const JsonObject& json, const char* key, std::int64_t most) {
  const std::int64_t size = json.integer(key);
  if (size < 1 || size > most) json.wrong(key, "1 to " + std::to_string(most));
  return size;
}

template <class Choice>
Choice choice_of(const JsonObject& json, const char* key, const Names<Choice>& names) {
  const std::string name = json.string(key);
  for (const auto& [known, choice] : names) {
    if (name == known) return choice;
  }
  json.wrong(key, listed(names));
}

Config read_config(const nlohmann::json& stated, const std::string& where) {
  const JsonObject json(stated, where);
  Config config;
  json.string("model_type");
  config.vocabulary = size_of(json, "vocab_size", kLargestSize);
  config.layers = size_of(json, "num_hidden_layers", kMostLayers);
  config.width = size_of(json, "hidden_size", kLargestSize);
  config.heads = size_of(json, "num_attention_heads", kLargestSize);
  config.value_width = size_of(json, "value_size", kLargestSize);
  config.feed_forward = size_of(json, "intermediate_size", kLargestSize);
  config.decay = choice_of(json, "decay", decay_names());
  config.head_norm = choice_of(json, "head_norm", head_norm_names());
  config.activation = choice_of(json, "hidden_act", activation_names());
  config.scale_decay = json.boolean_or("scale_decay", false);
  config.scale_rows = json.boolean_or("scale_rows", false);
  config.scale_embedding = json.boolean_or("scale_embedding", false);
  config.tied = json.boolean_or("tie_word_embeddings", true);
  config.epsilon = json.number("rms_norm_eps");
  config.end_tokens = json.token_ids("eos_token_id");
  json.string_or("dtype", "");
  for (const std::string& key : json.unread()) json.wrong(key, "left out: no RetNet here depends on it");
  if (config.epsilon < 0.0) json.wrong("rms_norm_eps", "0 or more");
  try {
    check(config);
  } catch (const Error& error) {
    refuse(where + ": " + error.what());
  }
  return config;
}

nlohmann::json config_json(const Config& config) {
  return {{"model_type", "retnet"},
          {"dtype", "float32"},
          {"vocab_size", config.vocabulary},
          {"num_hidden_layers", config.layers},
          {"hidden_size", config.width},
          {"num_attention_heads", config.heads},
          {"value_size", config.value_width},
          {"intermediate_size", config.feed_forward},
          {"decay", name_of(config.decay, decay_names())},
          {"head_norm", name_of(config.head_norm, head_norm_names())},
          {"hidden_act", name_of(config.activation, activation_names())},
          {"scale_decay", config.scale_decay},
          {"scale_rows", config.scale_rows},
          {"scale_embedding", config.scale_embedding},
          {"tie_word_embeddings", config.tied},
          {"rms_norm_eps", config.epsilon},
          {"eos_token_id", config.end_tokens}};
}

// config.json of a RetNet's folder; throws Error without a key where it is none.
nlohmann::json stated_config(const std::string& path) {
  const fs::path file = fs::path(path) / "config.json";
  std::error_code failure;
  if (!fs::is_regular_file(file, failure)) {
    throw Error(GM_ERROR_USER, path + ": is no folder with a config.json, as student/retnet saves one");
  }
  nlohmann::json stated = mended([&] { return formats::read_json_file(file); });
  const auto type = stated.is_object() ? stated.find("model_type") : stated.end();
  if (type != stated.end() && *type == "retnet") return stated;
  throw Error(GM_ERROR_USER, path + ": the model_type is " +
                                 (type == stated.end() ? "missing" : decoder::printable_json(*type)) +
                                 " when it should be \"retnet\"");
}

}  // namespace

ModelFolder::ModelFolder(const std::string& path) : path_(path) {
  const nlohmann::json stated = stated_config(path);
  stated_ = stated.dump();
  config_ = read_config(stated, (fs::path(path) / "config.json").string());
  if (!formats::SafetensorsFolder::is_one(path)) refuse(path + ": has no model.safetensors");
  tensors_ = mended([&] { return std::make_unique<const formats::SafetensorsFolder>(path); });
  check_tensors();
}

// The file bounds what memory the model takes: its tensors are all there, with their shapes.
void ModelFolder::check_tensors() const {
  if (static_cast<std::uint64_t>(config_.layers) > tensors_->tensor_count()) {
    refuse(tensors_->name() + ": has " + std::to_string(tensors_->tensor_count()) + " tensors when " +
           std::to_string(config_.layers) + " layers need more");
  }
  std::set<std::string> known;
  for (const NamedTensor& expected : tensors_of(config_, sizes_of(config_))) {
    const formats::ShardTensor found = mended([&] { return tensors_->tensor(expected.name); });
    decoder::check_shape(tensors_->name(), expected.name, found->shape, expected.view.sizes());
    if (!formats::safetensors_gives_floats(found->dtype)) {
      refuse(tensors_->name() + ": tensor '" + expected.name + "' is " +
             formats::safetensors_dtype_name(found->dtype) + " when it should be F32, BF16 or F16");
    }
    known.insert(expected.name);
  }
  for (const formats::Safetensors& file : tensors_->files()) {
    for (const formats::SafetensorsTensor& tensor : file.tensors()) {
      if (known.count(std::string(tensor.name)) > 0) continue;
      refuse(file.name() + ": tensor " + formats::printable(tensor.name) + " is none of the model's");
    }
  }
}

void ModelFolder::load(const Weights& weights) const {
  const at::NoGradGuard no_grad;
  for (const NamedTensor& tensor : tensors_of(config_, weights)) {
    const at::Tensor values = at::empty(tensor.view.sizes(), at::kFloat);
    const formats::ShardTensor stored = tensors_->find(tensor.name);
    mended([&] { stored.read_rows(0, stored->rows(), values.mutable_data_ptr<float>()); });
    tensor.view.copy_(values);
  }
}

std::string ModelFolder::digest() const {
  formats::Sha256 sha;
  sha.update_field("retnet folder 1");
  sha.update_field(stated_);
  mended([&] {
    for (const formats::Safetensors& file : tensors_->files())
      sha.update_field(formats::sha256_file(file.name()));
  });
  return sha.hex();
}

std::string ModelFolder::describe() const {
  std::int64_t parameters = 0;
  for (const NamedTensor& tensor : tensors_of(config_, sizes_of(config_))) parameters += tensor.view.numel();
  nlohmann::json result = {{"architecture", "retnet"},
                           {"layers", config_.layers},
                           {"hidden_size", config_.width},
                           {"heads", config_.heads},
                           {"key_size", config_.key_size()},
                           {"value_size", config_.value_size()},
                           {"feed_forward_size", config_.feed_forward},
                           {"vocabulary", config_.vocabulary},
                           {"decay", name_of(config_.decay, decay_names())},
                           {"parameters", parameters},
                           {"file_bytes", tensors_->bytes()},
                           {"tied_head", config_.tied},
                           {"end_tokens", config_.end_tokens}};
  result["files"] = nlohmann::json::array({"config.json"});
  for (const formats::Safetensors& file : tensors_->files()) {
    result["files"].push_back(fs::path(file.name()).filename().string());
  }
  return result.dump();
}

std::vector<std::string> write_model(const std::string& path, const Config& config, const Weights& weights,
                                     const std::string& tokenizer, const std::string& key) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> held;
  std::vector<formats::SafetensorsItem> items;
  for (const NamedTensor& tensor : tensors_of(config, weights)) {
    held.push_back(tensor.view.detach().to(at::kFloat).cpu().contiguous());
    items.push_back({tensor.name, formats::SafetensorsDtype::kF32, held.back().sizes().vec(),
                     held.back().const_data_ptr(), held.back().nbytes()});
  }
  std::vector<std::string> names = {"config.json", "model.safetensors"};
  decoder::write_whole_folder(path, key, [&](const fs::path& folder) {
    decoder::write_tensors(folder / "model.safetensors", items);
    files::write_file(folder / "config.json", config_json(config).dump(2) + "\n");
    for (const std::string& name : decoder::copy_companions(tokenizer, folder)) names.push_back(name);
  });
  return names;
}

}  // namespace gistmill::retnet
