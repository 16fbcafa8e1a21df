#include "plugins/teacher/llama/gguf_model.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <gistmill/plugin/values.hpp>
#include <set>

namespace gistmill::llama {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(GM_ERROR_USER, message, "model"); }

// Runs `body`, turning what the file format refuses into the plugin's error.
template <class Body>
auto mended(Body&& body) {
  try {
    return body();
  } catch (const formats::FormatError& failure) {
    refuse(failure.what());
  }
}

std::string text(at::IntArrayRef shape) {
  std::string result = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) result += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return result + "]";
}

Config read_config(const formats::Gguf& file) {
  const std::string architecture(file.string("general.architecture"));
  if (architecture != "llama") {
    refuse(file.name() + ": the architecture is " + formats::printable(architecture) +
           " when it should be 'llama'");
  }
  Config config;
  config.layers = file.integer("llama.block_count");
  config.context = file.integer("llama.context_length");
  config.width = file.integer("llama.embedding_length");
  config.feed_forward = file.integer("llama.feed_forward_length");
  config.heads = file.integer("llama.attention.head_count");
  config.kv_heads = file.integer_or("llama.attention.head_count_kv", config.heads);
  config.norm_epsilon = file.number("llama.attention.layer_norm_rms_epsilon");
  config.rope_base = file.number("llama.rope.freq_base");
  config.end_token = file.integer_or("tokenizer.ggml.eos_token_id", -1);
  const formats::GgufTensor& embedding = file.tensor("token_embd.weight");
  config.vocabulary = static_cast<std::int64_t>(embedding.rows());
  return config;
}

// Metadata that changes the computation in ways that this teacher does not follow.
void check_plain(const formats::Gguf& file, const Config& config) {
  const auto expect = [&](const char* key, std::int64_t expected) {
    const std::int64_t found = file.integer_or(key, expected);
    if (found != expected) {
      refuse(file.name() + ": " + key + " is " + std::to_string(found) + " when it should be " +
             std::to_string(expected));
    }
  };
  expect("llama.rope.dimension_count", config.head_size());
  expect("llama.attention.key_length", config.head_size());
  expect("llama.attention.value_length", config.head_size());
  expect("llama.vocab_size", config.vocabulary);
  expect("llama.expert_count", 0);
  for (const formats::GgufEntry& entry : file.entries()) {
    const std::string_view key = entry.key;
    if (!key.starts_with("llama.rope.scal")) continue;  // rope.scaling.*, and rope.scale_linear of old files
    if (key == "llama.rope.scaling.type" && file.string(key) == "none") continue;
    refuse(file.name() + ": has metadata " + formats::printable(key) +
           " when this teacher knows only unscaled rotary positions");
  }
}

// Every tensor that the model needs, by name and shape.
std::vector<std::pair<std::string, std::vector<std::int64_t>>> expected_tensors(const Config& config,
                                                                                bool own_head) {
  const std::int64_t width = config.width;
  const std::int64_t keys = config.kv_heads * config.head_size();
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> result = {
      {"token_embd.weight", {config.vocabulary, width}}, {"output_norm.weight", {width}}};
  if (own_head) result.push_back({"output.weight", {config.vocabulary, width}});
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const auto add = [&](const char* part, std::vector<std::int64_t> shape) {
      result.push_back({layer_tensor(layer, part), std::move(shape)});
    };
    add("attn_norm", {width});
    add("attn_q", {width, width});
    add("attn_k", {keys, width});
    add("attn_v", {keys, width});
    add("attn_output", {width, width});
    add("ffn_norm", {width});
    add("ffn_gate", {config.feed_forward, width});
    add("ffn_up", {config.feed_forward, width});
    add("ffn_down", {width, config.feed_forward});
  }
  return result;
}

void check_type(const formats::Gguf& file, const formats::GgufTensor& tensor) {
  switch (tensor.type) {
    case formats::GgufType::kF32:
    case formats::GgufType::kF16:
    case formats::GgufType::kBF16:
    case formats::GgufType::kQ4_0:
    case formats::GgufType::kQ4_1:
    case formats::GgufType::kQ8_0:
      return;
  }
  refuse(file.name() + ": tensor " + formats::printable(tensor.name) + " is stored as " +
         formats::gguf_type_name(tensor.type) + " when it should be F32, F16, BF16, Q4_0, Q4_1 or Q8_0");
}

void check_tensors(const formats::Gguf& file, const Config& config) {
  std::set<std::string_view> known;
  const auto expected = expected_tensors(config, file.find_tensor("output.weight") != nullptr);
  for (const auto& [name, shape] : expected) {
    const formats::GgufTensor& tensor = file.tensor(name);
    known.insert(name);
    if (tensor.shape() != shape) {
      refuse(file.name() + ": tensor " + formats::printable(name) + " has shape " + text(tensor.shape()) +
             " when it should be " + text(shape));
    }
    check_type(file, tensor);
  }
  for (const formats::GgufTensor& tensor : file.tensors()) {
    if (known.count(tensor.name) > 0) continue;
    refuse(file.name() + ": has tensor " + formats::printable(tensor.name) +
           " when a plain Llama model has none of that name, so its result would be wrong");
  }
}

}  // namespace

GgufModel::GgufModel(formats::Gguf file) : file_(std::move(file)) {
  mended([&] {
    config_ = read_config(file_);
    check(config_);
    check_plain(file_, config_);
    check_tensors(file_, config_);
  });
}

GgufModel::GgufModel(const std::string& path) : GgufModel(mended([&] { return formats::Gguf(path); })) {}

GgufModel::GgufModel(std::string_view bytes, const std::string& name)
    : GgufModel(mended([&] { return formats::Gguf(bytes, name); })) {}

bool GgufModel::contains(const std::string& name) const { return file_.find_tensor(name) != nullptr; }

at::Tensor GgufModel::read(const std::string& name, at::IntArrayRef shape) const {
  constexpr std::int64_t kRows = 1024;  // worth a thread
  return mended([&] {
    const formats::GgufTensor& tensor = file_.tensor(name);
    if (tensor.shape() != shape.vec()) {
      refuse(file_.name() + ": tensor " + formats::printable(name) + " has shape " + text(tensor.shape()) +
             " when it should be " + text(shape));
    }
    const at::Tensor values = at::empty(shape, at::kFloat);
    float* out = values.mutable_data_ptr<float>();
    at::parallel_for(0, static_cast<std::int64_t>(tensor.rows()), kRows,
                     [&](std::int64_t begin, std::int64_t end) {
                       file_.dequantize_rows(tensor, static_cast<std::uint64_t>(begin),
                                             static_cast<std::uint64_t>(end - begin),
                                             out + begin * static_cast<std::int64_t>(tensor.row_length()));
                     });
    return values;
  });
}

}  // namespace gistmill::llama
