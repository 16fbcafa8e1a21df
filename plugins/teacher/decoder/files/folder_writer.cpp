#include "plugins/teacher/decoder/files/folder_writer.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <filesystem>
#include <gistmill/formats/json.hpp>
#include <gistmill/formats/safetensors.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "plugins/teacher/decoder/files/hugging_face_config.hpp"
#include "plugins/teacher/decoder/files/hugging_face_names.hpp"
#include "plugins/teacher/decoder/files/output.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"
#include "plugins/teacher/decoder/files/row_order.hpp"

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;

// What stands in a folder beside config.json and the weights, and goes with the model.
constexpr const char* kCompanions[] = {"generation_config.json",
                                       "tokenizer.json",
                                       "tokenizer_config.json",
                                       "tokenizer.model",
                                       "vocab.json",
                                       "merges.txt",
                                       "added_tokens.json",
                                       "special_tokens_map.json",
                                       "chat_template.jinja"};

// The tensors of tensors_of() as parts of those of Weights; views, rows in the order of Weights.
class WeightParts {
 public:
  WeightParts(const Config& config, const Weights& weights) : config_(config), weights_(weights) {}

  at::Tensor find(const std::string& name) const {
    const std::size_t dot = name.rfind('.');
    const bool bias = name.substr(dot) == ".bias";
    const std::string part = name.substr(0, dot);
    if (part == "token_embd") return weights_.embedding;
    if (part == "position_embd") return weights_.position_embedding;
    if (part == "output") return weights_.head.weight;
    if (part == "output_norm") return of(weights_.final_norm, bias);
    const std::size_t end = part.find('.', 4);
    return of_layer(weights_.layers.at(static_cast<std::size_t>(std::stoll(part.substr(4, end - 4)))),
                    part.substr(end + 1), bias);
  }

 private:
  static at::Tensor of(const Norm& norm, bool bias) { return bias ? norm.bias : norm.weight; }
  static at::Tensor of(const Projection& projection, bool bias) {
    return bias ? projection.bias : projection.weight;
  }
  at::Tensor of_layer(const LayerWeights& layer, const std::string& part, bool bias) const {
    const std::int64_t queries = config_.query_width();
    const std::int64_t keys = config_.key_width();
    const std::int64_t inner = config_.feed_forward;
    if (part == "attn_norm") return of(layer.attention_norm, bias);
    if (part == "post_attention_norm") return of(layer.attention_output_norm, bias);
    if (part == "ffn_norm") return of(layer.feed_norm, bias);
    if (part == "post_ffw_norm") return of(layer.feed_output_norm, bias);
    if (part == "attn_q_norm") return layer.query_norm;
    if (part == "attn_k_norm") return layer.key_norm;
    if (part == "attn_q") return of(layer.qkv, bias).narrow(0, 0, queries);
    if (part == "attn_k") return of(layer.qkv, bias).narrow(0, queries, keys);
    if (part == "attn_v") return of(layer.qkv, bias).narrow(0, queries + keys, keys);
    if (part == "attn_output") return of(layer.output, bias);
    if (part == "ffn_gate") return of(layer.up, bias).narrow(0, 0, inner);
    if (part == "ffn_up") return of(layer.up, bias).narrow(0, config_.is_gated() ? inner : 0, inner);
    if (part == "ffn_down") return of(layer.down, bias);
    throw std::logic_error("no such part of a layer: " + part);
  }

  const Config& config_;
  const Weights& weights_;
};

formats::SafetensorsDtype stored_dtype(at::ScalarType dtype) {
  switch (dtype) {
    case at::kHalf:
      return formats::SafetensorsDtype::kF16;
    case at::kBFloat16:
      return formats::SafetensorsDtype::kBF16;
    case at::kFloat:
      return formats::SafetensorsDtype::kF32;
    default:
      throw std::logic_error("weights are stored as f32, bf16 or f16");
  }
}

const char* dtype_name(at::ScalarType dtype) {
  return dtype == at::kHalf ? "float16" : dtype == at::kBFloat16 ? "bfloat16" : "float32";
}

// Every tensor of the file, by its name there; GPT-2's queries, keys and values in one, as they lie in
// Weights.
std::map<std::string, at::Tensor> file_tensors(const ModelPlan& plan, const Weights& weights,
                                               at::ScalarType dtype) {
  const WeightParts parts(plan.config, weights);
  std::map<std::string, std::vector<at::Tensor>> gathered;
  std::map<std::string, bool> transposed;
  for (const NamedShape& tensor : tensors_of(plan)) {
    const FileTensor place = hugging_face_tensor(plan.config, tensor.name);
    const std::int64_t heads = rotated_heads(plan.config, tensor.name);
    at::Tensor values = parts.find(tensor.name).detach();
    if (place.less_one) values = values - 1.0;
    gathered[place.name].push_back((heads > 0 ? half_split(values, heads) : values).to(dtype));
    transposed[place.name] = place.transposed;
  }
  std::map<std::string, at::Tensor> result;
  for (const auto& [name, pieces] : gathered) {
    const at::Tensor whole = pieces.size() == 1 ? pieces.front() : at::cat(pieces, 0);
    result[name] = (transposed[name] ? whole.t() : whole).cpu().contiguous();
  }
  return result;
}

// config.json of the source, or one made from its header, with what the plan says otherwise.
nlohmann::json config_of(const ModelFile& source, const ModelPlan& plan, at::ScalarType dtype,
                         const std::string& key) {
  nlohmann::json config;
  const fs::path stated = fs::path(source.path()) / "config.json";
  if (fs::is_directory(source.path())) {
    config = mended([&] { return formats::read_json_file(stated); });
    if (text_model_of(config) != config) config = write_hugging_face_config(source.plan(), key);
  } else {
    config = write_hugging_face_config(source.plan(), key);
  }
  if (plan.config.vocabulary != source.config().vocabulary) config["vocab_size"] = plan.config.vocabulary;
  if (plan.layout.own_head != source.plan().layout.own_head)
    config["tie_word_embeddings"] = !plan.layout.own_head;
  config.erase("torch_dtype");  // the older name
  config["dtype"] = dtype_name(dtype);
  return config;
}

}  // namespace

std::vector<std::string> copy_companions(const fs::path& from, const fs::path& to) {
  std::vector<std::string> names;
  for (const char* companion : kCompanions) {
    if (!fs::is_directory(from) || !fs::is_regular_file(from / companion)) continue;
    files::write_file(to / companion, formats::MappedFile(from / companion).bytes());
    names.push_back(companion);
  }
  return names;
}

std::vector<std::string> write_folder(const std::string& path, const ModelFile& source, const ModelPlan& plan,
                                      const Weights& weights, at::ScalarType dtype, const std::string& key,
                                      const std::function<void(const fs::path&)>& more) {
  const at::NoGradGuard no_grad;
  const nlohmann::json config = config_of(source, plan, dtype, key);
  const std::map<std::string, at::Tensor> tensors = file_tensors(plan, weights, dtype);
  std::vector<formats::SafetensorsItem> items;
  for (const auto& [name, values] : tensors) {
    items.push_back(
        {name, stored_dtype(dtype), values.sizes().vec(), values.const_data_ptr(), values.nbytes()});
  }
  std::vector<std::string> names = {"config.json", "model.safetensors"};
  write_whole_folder(path, key, [&](const fs::path& folder) {
    write_tensors(folder / "model.safetensors", items);
    files::write_file(folder / "config.json", config.dump(2) + "\n");
    for (const std::string& companion : copy_companions(source.path(), folder)) names.push_back(companion);
    if (more) more(folder);
  });
  return names;
}

}  // namespace gistmill::decoder
