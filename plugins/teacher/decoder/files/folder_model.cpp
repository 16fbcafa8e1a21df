#include "plugins/teacher/decoder/files/folder_model.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/json.hpp>
#include <gistmill/formats/model_place.hpp>
#include <set>

#include "plugins/teacher/decoder/files/hugging_face_config.hpp"
#include "plugins/teacher/decoder/files/hugging_face_names.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"
#include "plugins/teacher/decoder/files/row_order.hpp"

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;

// Of a model that was saved without its head, and of text models within models of text and images
// (transformers 4.50, and from 4.52 on).
constexpr const char* kOtherPrefixes[] = {"", "language_model.model.", "model.language_model."};

constexpr const char* kScales = "_scale_inv";  // behind the name of the matrix

// What a folder without config.json is, where it is known, and what to name instead.
std::string why_no_model(const std::string& folder) {
  const auto has = [&](const char* name) { return fs::exists(fs::path(folder) / name); };
  if (has("adapter_config.json"))
    return "is a PEFT adapter; name the model that it was made for, and this folder as the teacher's "
           "adapter: "
           "--set teacher.adapter=" +
           folder;
  if (has("snapshots"))
    return "is a folder of the Hugging Face cache; name the model's own: snapshots/HASH in it";
  if (std::string others = formats::gguf_files_in(folder); !others.empty()) return others;
  return "has no config.json, so it is not a model's folder";
}

nlohmann::json read_config_file(const std::string& folder) {
  const fs::path path = fs::path(folder) / "config.json";
  if (!fs::exists(path)) refuse(folder + ": " + why_no_model(folder));
  return mended([&] { return formats::read_json_file(path); });
}

ModelPlan read_plan(const std::string& folder, const nlohmann::json& config) {
  const fs::path generation = fs::path(folder) / "generation_config.json";
  nlohmann::json sampling;
  if (fs::exists(generation)) sampling = mended([&] { return formats::read_json_file(generation); });
  return read_hugging_face_config(config, (fs::path(folder) / "config.json").string(), sampling,
                                  generation.string(), added_tokens_of(folder));
}

// The first of "model-00001-of-00002.safetensors" and the like; empty where there is none.
std::string shard_without_index(const std::string& folder) {
  std::string first;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    const std::string name = entry.path().filename();
    const bool shard = ::fnmatch("*-*-of-*.safetensors", name.c_str(), 0) == 0;
    if (shard && (first.empty() || name < first)) first = name;
  }
  return first;
}

formats::SafetensorsFolder open_weights(const std::string& folder) {
  if (!formats::SafetensorsFolder::is_one(folder)) {
    const std::string shard = shard_without_index(folder);
    if (!shard.empty()) {
      refuse(folder + ": has " + formats::printable(shard) +
             ", but not the index of the parts, model.safetensors.index.json; fetch it too, from where they "
             "came");
    }
    if (const std::string others = formats::gguf_files_in(folder); !others.empty())
      refuse(folder + ": has no safetensors, but " + others);
    refuse(folder +
           ": has neither model.safetensors nor model.safetensors.index.json; weights in other formats " +
           "(pytorch_model.bin) have to be converted with transformers' save_pretrained");
  }
  return mended([&] { return formats::SafetensorsFolder(folder); });
}

formats::GgufType stored_type(formats::SafetensorsDtype dtype) {
  switch (dtype) {
    case formats::SafetensorsDtype::kF16:
      return formats::GgufType::kF16;
    case formats::SafetensorsDtype::kBF16:
      return formats::GgufType::kBF16;
    default:
      return formats::GgufType::kF32;
  }
}

// Whether values of this dtype lie as `type` says.
bool is_stored_as(formats::SafetensorsDtype dtype, formats::GgufType type) {
  return type != formats::GgufType::kF32 || dtype == formats::SafetensorsDtype::kF32;
}

// A tensor's name where the model's tensors begin with `prefix` instead of `full`.
std::string renamed(const std::string& name, const std::string& full, const std::string& prefix) {
  return name.starts_with(full) ? prefix + name.substr(full.size()) : name;
}

// What a wrapper around the model made of a tensor's name, where it is there under such a name.
std::string wrapped(const formats::SafetensorsFolder& files, const std::string& name) {
  for (const formats::Safetensors& file : files.files()) {
    for (const formats::SafetensorsTensor& tensor : file.tensors()) {
      if (!std::string_view(tensor.name).ends_with("." + name)) continue;
      return ", but " + formats::printable(tensor.name) +
             ", as a wrapper names it (torch.compile, DistributedDataParallel, PEFT); save the model "
             "inside it by save_pretrained";
    }
  }
  return "";
}

}  // namespace

FolderModel::Opened FolderModel::open(const std::string& folder) {
  nlohmann::json config = text_model_of(read_config_file(folder));
  ModelPlan plan = read_plan(folder, config);
  return {std::move(config), std::move(plan), open_weights(folder)};
}

FolderModel::FolderModel(const std::string& folder, std::vector<std::string> ignore)
    : FolderModel(folder, open(folder), std::move(ignore)) {}

FolderModel::FolderModel(const std::string& folder, Opened opened, std::vector<std::string> ignore)
    : ModelFile(folder, std::move(opened.plan), opened.files.tensor_count()),
      json_(std::move(opened.config)),
      files_(std::move(opened.files)),
      ignore_(std::move(ignore)) {
  for (const std::string& sentence : files_.notes()) note(files_.name() + ": " + sentence);
  name_files(folder);
  mended([&] { place_tensors(); });
  if (plan().scaled_block[0] > 0)
    note(files_.name() + ": matrices in FP8 are multiplied with their scales; activations stay as they are");
}

void FolderModel::name_files(const std::string& folder) {
  reads("config.json");
  if (fs::exists(fs::path(folder) / "generation_config.json")) reads("generation_config.json");
  const std::string index = fs::path(files_.name()).filename();
  if (index.ends_with(".index.json")) reads(index);
  for (const formats::Safetensors& file : files_.files()) reads(fs::path(file.name()).filename());
}

bool FolderModel::is_ignored(std::string_view name) const {
  return std::any_of(ignore_.begin(), ignore_.end(), [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), std::string(name).c_str(), 0) == 0;
  });
}

FolderModel::Place FolderModel::place(const NamedShape& wanted, const std::string& prefix) {
  const FileTensor stored = hugging_face_tensor(config(), wanted.name);
  const std::string name = renamed(stored.name, hugging_face_prefix(config()), prefix);
  formats::ShardTensor tensor = files_.find(name);
  // A head that is tied to the embedding may stand for it.
  const bool tied = wanted.name == "token_embd.weight" && !plan().layout.own_head;
  if (!tensor && tied) tensor = files_.find("lm_head.weight");
  if (!tensor) refuse(files_.name() + ": has no tensor " + formats::printable(name) + wrapped(files_, name));
  Place place;
  place.shape = wanted.shape;
  place.stored_shape = wanted.shape;
  place.first = stored.part * wanted.shape[0];
  place.stored_shape[0] *= stored.parts;
  place.transposed = stored.transposed;
  if (place.transposed) std::swap(place.stored_shape[0], place.stored_shape[1]);
  check_shape(tensor.file->name(), name, tensor->shape, place.stored_shape);
  if (!formats::safetensors_gives_floats(tensor->dtype)) {
    refuse(tensor.file->name() + ": tensor " + formats::printable(name) + " is stored as " +
           formats::safetensors_dtype_name(tensor->dtype) +
           " when it should be F32, F16, BF16, F64, F8_E4M3 or F8_E5M2");
  }
  const std::int64_t heads = rotated_heads(config(), wanted.name);
  if (heads > 0) place.order = paired_order(wanted.shape[0], heads);
  place.less_one = stored.less_one;
  place.type = stored_type(tensor->dtype);
  if (is_stored_as(tensor->dtype, place.type)) place.data = tensor->data.data();
  place.row_bytes =
      static_cast<std::int64_t>(tensor->row_length() * formats::safetensors_dtype_size(tensor->dtype));
  place.tensor = tensors_.size();
  scales_.push_back(scales_of(tensor));
  tensors_.push_back(tensor);
  return place;
}

FolderModel::Scales FolderModel::scales_of(const formats::ShardTensor& tensor) const {
  const auto [rows, columns] = plan().scaled_block;
  const auto dtype = tensor->dtype;
  if (rows == 0 || dtype != formats::SafetensorsDtype::kF8E4M3) return {};
  const std::string name = std::string(tensor->name) + kScales;
  const formats::ShardTensor stored = files_.find(name);
  if (!stored) {
    refuse(files_.name() + ": has no tensor " + formats::printable(name) +
           ", the scales of a matrix in FP8 that config.json speaks of");
  }
  if (tensor->shape.size() != 2)
    refuse(tensor.file->name() + ": tensor " + formats::printable(tensor->name) + " in FP8 is no matrix");
  const auto blocks = [](std::int64_t size, std::int64_t block) {
    return size / block + (size % block != 0 ? 1 : 0);
  };
  const std::vector<std::int64_t> shape = {blocks(tensor->shape[0], rows), blocks(tensor->shape[1], columns)};
  check_shape(stored.file->name(), name, stored->shape, shape);
  if (!formats::safetensors_gives_floats(stored->dtype)) {
    refuse(stored.file->name() + ": tensor " + formats::printable(name) + " is stored as " +
           formats::safetensors_dtype_name(stored->dtype) + " when it should be F32 or BF16");
  }
  Scales scales{std::vector<float>(static_cast<std::size_t>(shape[0] * shape[1])), shape[1]};
  stored.read_rows(0, stored->rows(), scales.values.data());
  return scales;
}

void FolderModel::place_tensors() {
  const std::string full = hugging_face_prefix(config());
  const std::string embedding = hugging_face_tensor(config(), "token_embd.weight").name;
  std::string prefix = full;
  for (const char* other : kOtherPrefixes) {
    if (files_.find(renamed(embedding, full, other))) prefix = other;
  }
  if (!plan().layout.own_head) check_tied_head(prefix);
  for (const NamedShape& tensor : tensors_of(plan())) put(tensor.name, place(tensor, prefix));
  leave_out_others(prefix);
}

// What lies beside the model, such as the head of a reward model, is no part of what is computed here. A
// tensor within it that nobody asks for would change the result: a bias, an adapter.
void FolderModel::leave_out_others(const std::string& prefix) {
  std::set<std::string_view> used = {"lm_head.weight"};  // the same as the embedding where it is not in use
  std::set<std::string> scales;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    used.insert(tensors_[i]->name);
    if (!scales_[i].values.empty()) scales.insert(std::string(tensors_[i]->name) + kScales);
  }
  std::vector<std::string> left_out;
  for (const formats::Safetensors& file : files_.files()) {
    for (const formats::SafetensorsTensor& tensor : file.tensors()) {
      if (used.count(tensor.name) > 0 || scales.count(std::string(tensor.name)) > 0 ||
          is_harmless_tensor(config(), std::string(tensor.name)))
        continue;
      if (!is_ignored(tensor.name) && is_within_model(config(), prefix, tensor.name)) {
        refuse(file.name() + ": has tensor " + formats::printable(tensor.name) + " when a " +
               config().architecture + " model with this config.json has none of that name, so its result " +
               "would be wrong; if it is not in use, leave it out: ignore = [\"" + std::string(tensor.name) +
               "\"]");
      }
      left_out.push_back(formats::printable(tensor.name));
    }
  }
  if (left_out.empty()) return;
  std::string names = left_out.front();
  if (left_out.size() > 1) names += " and " + std::to_string(left_out.size() - 1) + " more";
  note(files_.name() + ": tensors that the model does not use are left out: " + names);
}

// Some folders keep a tied head nonetheless; one that differs from the embedding is a head of its own.
void FolderModel::check_tied_head(const std::string& prefix) const {
  const formats::ShardTensor head = files_.find("lm_head.weight");
  if (!head || is_ignored("lm_head.weight")) return;
  const std::string name = hugging_face_tensor(config(), "token_embd.weight").name;
  const formats::ShardTensor embedding = files_.find(renamed(name, hugging_face_prefix(config()), prefix));
  if (!embedding || (head->dtype == embedding->dtype && head->data == embedding->data)) return;
  refuse(head.file->name() +
         ": has a head, lm_head.weight, that differs from the embedding when config.json " +
         "ties them; set tie_word_embeddings to false if the head counts, or leave it out: "
         "ignore = [\"lm_head.weight\"]");
}

void FolderModel::read_rows(std::size_t tensor, std::int64_t first, std::int64_t count, float* out) const {
  tensors_[tensor].read_rows(static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(count), out);
  const Scales& scales = scales_[tensor];
  if (scales.values.empty()) return;
  const auto [rows, columns] = plan().scaled_block;
  const std::int64_t width = tensors_[tensor]->shape[1];
  for (std::int64_t row = 0; row < count; ++row) {
    const float* of_row = scales.values.data() + (first + row) / rows * scales.columns;
    for (std::int64_t column = 0; column < width; ++column)
      out[row * width + column] *= of_row[column / columns];
  }
}

std::map<std::string, std::int64_t> FolderModel::stored_types() const {
  std::map<std::string, std::int64_t> types;
  for (const formats::Safetensors& file : files_.files()) {
    for (const formats::SafetensorsTensor& tensor : file.tensors()) {
      ++types[formats::safetensors_dtype_name(tensor.dtype)];
    }
  }
  return types;
}

std::string FolderModel::digest() const {
  formats::Sha256 sha;
  sha.update_field("hugging face folder 1");
  sha.update_field(computation_of(json_));
  for (const std::int64_t token : config().end_tokens) sha.update_field(std::to_string(token));
  std::vector<std::string> weights;
  mended([&] {
    for (const formats::Safetensors& file : files_.files())
      weights.push_back(formats::sha256_file(file.name()));
  });
  std::sort(weights.begin(), weights.end());
  for (const std::string& digest : weights) sha.update_field(digest);
  return sha.hex();
}

}  // namespace gistmill::decoder
