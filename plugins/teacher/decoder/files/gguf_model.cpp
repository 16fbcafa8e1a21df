#include "plugins/teacher/decoder/files/gguf_model.hpp"

#include <filesystem>
#include <gistmill/formats/digest.hpp>
#include <set>

#include "plugins/teacher/decoder/files/gguf_config.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"
#include "plugins/teacher/decoder/files/row_order.hpp"

namespace gistmill::decoder {
namespace {

// Which third of attn_qkv a tensor is: "blk.3.attn_k.bias" -> 1; -1 of any other.
std::int64_t fused_part(const std::string& name) {
  const char* parts[] = {".attn_q.", ".attn_k.", ".attn_v."};
  for (std::int64_t part = 0; part < 3; ++part) {
    if (name.find(parts[part]) != std::string::npos) return part;
  }
  return -1;
}

// "blk.3.attn_k.bias" -> "blk.3.attn_qkv.bias"
std::string fused_name(const std::string& name) {
  const std::size_t start = name.find(".attn_") + 6;
  return name.substr(0, start) + "qkv" + name.substr(start + 1);
}

}  // namespace

GgufModel::GgufModel(formats::GgufParts files)
    : ModelFile(files.metadata().name(), mended([&] { return read_gguf_plan(files); }), files.tensor_count()),
      files_(std::move(files)) {
  mended([&] { place_tensors(); });
}

GgufModel::GgufModel(const std::string& path)
    : GgufModel(mended([&] { return formats::GgufParts(std::filesystem::path(path)); })) {}

GgufModel::GgufModel(std::string_view bytes, const std::string& name)
    : GgufModel(mended([&] { return formats::GgufParts(formats::Gguf(bytes, name)); })) {}

GgufModel::Place GgufModel::place(const NamedShape& wanted) {
  Place place;
  place.shape = wanted.shape;
  place.stored_shape = wanted.shape;
  const std::int64_t part = config().architecture == "gpt2" ? fused_part(wanted.name) : -1;
  const std::string stored_name = part < 0 ? wanted.name : fused_name(wanted.name);
  if (part >= 0) {
    place.first = part * wanted.shape[0];
    place.stored_shape[0] *= 3;
  }
  const formats::GgufParts::Tensor found = files_.tensor(stored_name);
  const formats::GgufTensor& tensor = *found.tensor;
  check_shape(found.file->name(), stored_name, tensor.shape(), place.stored_shape);
  if (!formats::gguf_dequantizes(tensor.type)) {
    refuse(found.file->name() + ": tensor " + formats::printable(stored_name) + " is stored as " +
           formats::gguf_type_name(tensor.type) + " when it should be " + formats::kGgufDequantizedTypes);
  }
  const std::int64_t heads = gguf_is_half_split(config()) ? rotated_heads(config(), wanted.name) : 0;
  if (heads > 0) place.order = paired_order(wanted.shape[0], heads);
  place.tensor = tensors_.size();
  tensors_.push_back(found);
  place.type = tensor.type;
  place.data = found.file->data(tensor).data();
  place.row_bytes = static_cast<std::int64_t>(tensor.bytes / tensor.rows());
  return place;
}

void GgufModel::place_tensors() {
  std::set<std::string_view> used = {"rope_freqs.weight"};  // read with the metadata
  for (const NamedShape& tensor : tensors_of(plan())) {
    put(tensor.name, place(tensor));
    used.insert(tensors_.back().tensor->name);
  }
  for (const formats::Gguf& file : files_.files()) {
    for (const formats::GgufTensor& tensor : file.tensors()) {
      if (used.count(tensor.name) > 0) continue;
      refuse(file.name() + ": has tensor " + formats::printable(tensor.name) + " when a " +
             config().architecture + " model has none of that name, so its result would be wrong");
    }
  }
}

void GgufModel::read_rows(std::size_t tensor, std::int64_t first, std::int64_t count, float* out) const {
  const formats::GgufParts::Tensor& place = tensors_[tensor];
  place.file->dequantize_rows(*place.tensor, static_cast<std::uint64_t>(first),
                              static_cast<std::uint64_t>(count), out);
}

std::map<std::string, std::int64_t> GgufModel::stored_types() const {
  std::map<std::string, std::int64_t> types;
  for (const formats::Gguf& file : files_.files()) {
    for (const formats::GgufTensor& tensor : file.tensors()) ++types[formats::gguf_type_name(tensor.type)];
  }
  return types;
}

std::int64_t GgufModel::file_bytes() const {
  std::int64_t bytes = 0;
  for (const formats::Gguf& file : files_.files()) {
    std::error_code failure;
    const std::uintmax_t size = std::filesystem::file_size(file.name(), failure);
    if (!failure) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

// Of one file its own.
std::string GgufModel::digest() const {
  return mended([&] {
    if (files_.files().size() == 1) return formats::sha256_file(files_.metadata().name());
    formats::Sha256 sha;
    for (const formats::Gguf& file : files_.files()) sha.update_field(formats::sha256_file(file.name()));
    return sha.hex();
  });
}

}  // namespace gistmill::decoder
