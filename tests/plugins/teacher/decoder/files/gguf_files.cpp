#include "tests/plugins/teacher/decoder/files/gguf_files.hpp"

#include <gistmill/formats/gguf.hpp>

#include "tests/plugins/teacher/decoder/files/families.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"

namespace gistmill::decoder::test {
namespace {

constexpr std::size_t kAlignment = 32;  // where the file does not say

std::uint64_t aligned(std::uint64_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

GgufContent content_of(const Config& config, const MemorySource& source) {
  const auto number = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  GgufContent content;
  content.metadata = {{"general.architecture", std::string("llama")},
                      {"llama.block_count", number(config.layers)},
                      {"llama.context_length", number(config.context)},
                      {"llama.embedding_length", number(config.width)},
                      {"llama.feed_forward_length", number(config.feed_forward)},
                      {"llama.attention.head_count", number(config.heads)},
                      {"llama.attention.head_count_kv", number(config.kv_heads)},
                      {"llama.attention.layer_norm_rms_epsilon", static_cast<float>(config.norm_epsilon)},
                      {"llama.rope.freq_base", 10000.0f}};
  for (const auto& [name, tensor] : source.tensors) {
    GgufContent::Tensor stored;
    const at::Tensor values = tensor.contiguous();
    for (std::int64_t i = values.dim() - 1; i >= 0; --i)
      stored.dims.push_back(static_cast<std::uint64_t>(values.size(i)));
    stored.data.assign(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
    content.tensors[name] = stored;
  }
  return content;
}

GgufContent content_of_family(const std::string& name) {
  const formats::Gguf file(families_folder() + "/" + name + ".gguf");
  GgufContent content;
  for (const formats::GgufEntry& entry : file.entries()) {
    const std::string key(entry.key);
    if (entry.type == formats::GgufValueType::kString) {
      content.metadata[key] = std::string(file.string(key));
    } else if (entry.type == formats::GgufValueType::kBool) {
      content.metadata[key] = file.booleans(key);
    } else if (entry.type == formats::GgufValueType::kF32) {
      content.metadata[key] = static_cast<float>(file.number(key));
    } else {
      content.metadata[key] = static_cast<std::uint32_t>(file.integer(key));
    }
  }
  for (const formats::GgufTensor& tensor : file.tensors()) {
    GgufContent::Tensor stored;
    stored.dims.assign(tensor.dims.begin(), tensor.dims.begin() + tensor.rank);
    stored.type = static_cast<std::uint32_t>(tensor.type);
    stored.data = std::string(file.data(tensor));
    content.tensors[std::string(tensor.name)] = stored;
  }
  return content;
}

std::string to_bytes(const GgufContent& content) {
  gistmill::test::Bytes bytes;
  bytes.gguf_header(content.tensors.size(), content.metadata.size());
  for (const auto& [key, value] : content.metadata) {
    if (const auto* integer = std::get_if<std::uint32_t>(&value)) bytes.entry(key, 4, *integer);
    if (const auto* real = std::get_if<float>(&value)) bytes.entry(key, 6, *real);
    if (const auto* flag = std::get_if<bool>(&value)) bytes.entry<std::uint8_t>(key, 7, *flag ? 1 : 0);
    if (const auto* text = std::get_if<std::string>(&value)) bytes.string_entry(key, *text);
    if (const auto* list = std::get_if<std::vector<std::uint32_t>>(&value))
      bytes.numbers_entry(key, 4, *list);
    if (const auto* flags = std::get_if<std::vector<bool>>(&value))
      bytes.numbers_entry(key, 7, std::vector<std::uint8_t>(flags->begin(), flags->end()));
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) bytes.strings_entry(key, *texts);
  }
  std::uint64_t offset = 0;
  for (const auto& [name, tensor] : content.tensors) {
    bytes.tensor(name, tensor.dims, tensor.type, offset);
    offset += aligned(tensor.data.size());
  }
  bytes.pad(kAlignment);
  for (const auto& [name, tensor] : content.tensors) bytes.raw(tensor.data).pad(kAlignment);
  return bytes.str();
}

}  // namespace gistmill::decoder::test
