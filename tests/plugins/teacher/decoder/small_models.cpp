#include "tests/plugins/teacher/decoder/small_models.hpp"
#include "tests/support/file_bytes.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace gistmill::decoder::test {
namespace {

at::Tensor normal(at::IntArrayRef shape, double deviation, at::Generator& generator) {
  return at::empty(shape, at::kDouble).normal_(0.0, deviation, generator).to(at::kFloat);
}

// stories260K.bin: seven int32 sizes, then f32 weights, each kind for all layers.
class StoriesReader {
 public:
  explicit StoriesReader(std::string bytes) : bytes_(std::move(bytes)) {}

  std::int64_t size() {
    std::int32_t value = 0;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  at::Tensor tensor(at::IntArrayRef shape) {
    const at::Tensor result = at::empty(shape, at::kFloat);
    if (at_ + result.nbytes() > bytes_.size()) throw std::runtime_error("stories260K.bin ends too early");
    std::memcpy(result.mutable_data_ptr<float>(), bytes_.data() + at_, result.nbytes());
    at_ += result.nbytes();
    return result;
  }
  // [L, rows, columns], or [L, columns] -> tensors of layers 0, 1, ..
  void layers(MemorySource& source, const char* part, at::IntArrayRef shape) {
    const at::Tensor all = tensor(shape);
    for (std::int64_t layer = 0; layer < shape[0]; ++layer) {
      source.tensors[layer_tensor(layer, part + std::string(".weight"))] = all[layer].contiguous();
    }
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

std::vector<std::string> read_pieces(const std::string& bytes, std::int64_t count) {
  std::vector<std::string> pieces;
  std::size_t at = sizeof(std::uint32_t);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int32_t length = 0;
    std::memcpy(&length, bytes.data() + at + sizeof(float), sizeof length);
    at += sizeof(float) + sizeof length;
    pieces.push_back(bytes.substr(at, static_cast<std::size_t>(length)));
    at += static_cast<std::size_t>(length);
  }
  return pieces;
}

}  // namespace

at::Tensor MemorySource::read(const std::string& name, at::IntArrayRef shape) const {
  const at::Tensor& tensor = tensors.at(name);
  if (tensor.sizes() != shape) throw std::runtime_error(name + " has another shape");
  return tensor;
}

Config tiny_config() {
  Config config;
  config.vocabulary = 97;
  config.width = 48;
  config.layers = 3;
  config.heads = 6;
  config.kv_heads = 2;
  config.feed_forward = 80;
  config.context = 640;
  config.head_size = 8;
  config.architecture = "llama";
  config.rotary_frequencies = rotary_frequencies(10000.0, 8);
  config.norm_epsilon = 1e-5;
  return config;
}

Config tiny_gpt2_config() {
  Config config = tiny_config();
  config.architecture = "gpt2";
  config.kv_heads = config.heads;
  config.norm = NormKind::kLayer;
  config.feed_forward_kind = FeedForwardKind::kGelu;
  config.positions = PositionKind::kLearned;
  config.rotary_frequencies.clear();
  return config;
}

Config tiny_mixed_config() {
  Config config = tiny_config();
  config.architecture = "qwen3";
  config.head_size = 12;
  config.rotary_frequencies = rotary_frequencies(5000.0, 12);
  config.query_key_norm = true;
  config.unrotated_layers = {1};
  return config;
}

Config tiny_gemma_config() {
  Config config = tiny_mixed_config();
  config.architecture = "gemma3_text";
  config.unrotated_layers.clear();
  config.feed_forward_kind = FeedForwardKind::kGatedGelu;
  config.output_norms = true;
  config.embedding_scale = std::sqrt(48.0);
  config.score_scale = 0.25;
  config.window = 40;
  config.windowed_layers = {0, 2};
  config.windowed_frequencies = rotary_frequencies(100.0, 12);
  return config;
}

MemorySource random_source(const Config& config, std::uint64_t seed, bool own_head) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  MemorySource source;
  const auto matrix = [&](std::int64_t rows, std::int64_t columns) {
    return normal({rows, columns}, 1.0 / std::sqrt(static_cast<double>(columns)), generator);
  };
  const auto norm = [&](const std::string& name, std::int64_t size) {
    source.tensors[name + ".weight"] = 1.0 + normal({size}, 0.1, generator);
    if (config.norm == NormKind::kLayer) source.tensors[name + ".bias"] = normal({size}, 0.1, generator);
  };
  const bool biased = config.norm == NormKind::kLayer;
  const auto put = [&](const std::string& name, const at::Tensor& value) {
    source.tensors[name + ".weight"] = value;
    if (biased) source.tensors[name + ".bias"] = normal({value.size(0)}, 0.1, generator);
  };
  source.tensors["token_embd.weight"] = normal({config.vocabulary, config.width}, 1.0, generator);
  if (config.positions == PositionKind::kLearned) {
    source.tensors["position_embd.weight"] = normal({config.context, config.width}, 0.5, generator);
  }
  norm("output_norm", config.width);
  if (own_head) source.tensors["output.weight"] = matrix(config.vocabulary, config.width);
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const auto name = [layer](const char* part) { return layer_tensor(layer, part); };
    norm(name("attn_norm"), config.width);
    put(name("attn_q"), 2.0 * matrix(config.query_width(), config.width));
    put(name("attn_k"), 2.0 * matrix(config.key_width(), config.width));
    put(name("attn_v"), matrix(config.key_width(), config.width));
    if (config.query_key_norm) {
      source.tensors[name("attn_q_norm.weight")] = 1.0 + normal({config.head_size}, 0.1, generator);
      source.tensors[name("attn_k_norm.weight")] = 1.0 + normal({config.head_size}, 0.1, generator);
    }
    put(name("attn_output"), matrix(config.width, config.query_width()));
    norm(name("ffn_norm"), config.width);
    if (config.is_gated()) put(name("ffn_gate"), matrix(config.feed_forward, config.width));
    if (config.output_norms) {
      norm(name("post_attention_norm"), config.width);
      norm(name("post_ffw_norm"), config.width);
    }
    put(name("ffn_up"), matrix(config.feed_forward, config.width));
    put(name("ffn_down"), matrix(config.width, config.feed_forward));
  }
  return source;
}

Model random_model(const Config& config, std::uint64_t seed, std::int64_t span, at::ScalarType dtype,
                   std::vector<std::int64_t> recorded) {
  return Model(config,
               load_weights(config, std::make_shared<MemorySource>(random_source(config, seed)), dtype),
               std::move(recorded), span);
}

at::Tensor continued(const Model& model, const at::Tensor& prompt, std::int64_t count) {
  return model.generate({prompt.unsqueeze(0), {}, {}, {}}, {count, 0.0, 1.0, 0}).tokens[0];
}

at::Tensor random_tokens(std::int64_t vocabulary, std::int64_t count, std::uint64_t seed) {
  return at::empty({count}, at::kInt).random_(0, vocabulary, at::detail::createCPUGenerator(seed));
}

std::optional<std::string> shared_file(const std::string& relative) {
  const char* set = std::getenv("GISTMILL_SHARED_DATA");
  const std::filesystem::path folder = set != nullptr
                                           ? std::filesystem::path(set)
                                           : std::filesystem::path(GISTMILL_SOURCE_DIR) / "../shared/data";
  const std::filesystem::path path = folder / relative;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path.string();
}

std::optional<std::string> teacher_file() {
  const char* set = std::getenv("GISTMILL_MODEL");
  if (set == nullptr || !std::filesystem::exists(set)) return std::nullopt;
  return std::string(set);
}

std::optional<Stories> load_stories() {
  const auto weights = shared_file("models/stories260K/stories260K.bin");
  const auto pieces = shared_file("models/stories260K/tok512.bin");
  if (!weights || !pieces) return std::nullopt;
  StoriesReader reader(gistmill::test::bytes_of(*weights));
  Stories stories;
  Config& config = stories.config;
  config.width = reader.size();
  config.feed_forward = reader.size();
  config.layers = reader.size();
  config.heads = reader.size();
  config.kv_heads = reader.size();
  config.vocabulary = reader.size();
  config.context = reader.size();
  config.architecture = "llama";
  config.head_size = config.width / config.heads;
  config.rotary_frequencies = rotary_frequencies(10000.0, config.head_size);
  config.norm_epsilon = 1e-5;
  config.end_tokens = {1};  // a story is followed by the begin token of the next one
  const std::int64_t layers = config.layers;
  const std::int64_t width = config.width;
  const std::int64_t keys = config.key_width();
  MemorySource& source = stories.source;
  source.tensors["token_embd.weight"] = reader.tensor({config.vocabulary, width});
  reader.layers(source, "attn_norm", {layers, width});
  reader.layers(source, "attn_q", {layers, width, width});
  reader.layers(source, "attn_k", {layers, keys, width});
  reader.layers(source, "attn_v", {layers, keys, width});
  reader.layers(source, "attn_output", {layers, width, width});
  reader.layers(source, "ffn_norm", {layers, width});
  reader.layers(source, "ffn_gate", {layers, config.feed_forward, width});
  reader.layers(source, "ffn_down", {layers, width, config.feed_forward});
  reader.layers(source, "ffn_up", {layers, config.feed_forward, width});
  source.tensors["output_norm.weight"] = reader.tensor({width});
  stories.pieces = read_pieces(gistmill::test::bytes_of(*pieces), config.vocabulary);
  return stories;
}

}  // namespace gistmill::decoder::test
