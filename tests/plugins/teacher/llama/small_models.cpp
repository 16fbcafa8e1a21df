#include "tests/plugins/teacher/llama/small_models.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace gistmill::llama::test {
namespace {

at::Tensor normal(at::IntArrayRef shape, double deviation, at::Generator& generator) {
  return at::empty(shape, at::kDouble).normal_(0.0, deviation, generator).to(at::kFloat);
}

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
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
      source.tensors[layer_tensor(layer, part)] = all[layer].contiguous();
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
  config.rope_base = 10000.0;
  config.norm_epsilon = 1e-5;
  return config;
}

MemorySource random_source(const Config& config, std::uint64_t seed, bool own_head) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  MemorySource source;
  const auto matrix = [&](std::int64_t rows, std::int64_t columns) {
    return normal({rows, columns}, 1.0 / std::sqrt(static_cast<double>(columns)), generator);
  };
  const auto norm = [&] { return 1.0 + normal({config.width}, 0.1, generator); };
  const std::int64_t keys = config.kv_heads * config.head_size();
  source.tensors["token_embd.weight"] = normal({config.vocabulary, config.width}, 1.0, generator);
  source.tensors["output_norm.weight"] = norm();
  if (own_head) source.tensors["output.weight"] = matrix(config.vocabulary, config.width);
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const auto put = [&](const char* part, const at::Tensor& value) {
      source.tensors[layer_tensor(layer, part)] = value;
    };
    put("attn_norm", norm());
    put("attn_q", 2.0 * matrix(config.width, config.width));
    put("attn_k", 2.0 * matrix(keys, config.width));
    put("attn_v", matrix(keys, config.width));
    put("attn_output", matrix(config.width, config.width));
    put("ffn_norm", norm());
    put("ffn_gate", matrix(config.feed_forward, config.width));
    put("ffn_up", matrix(config.feed_forward, config.width));
    put("ffn_down", matrix(config.width, config.feed_forward));
  }
  return source;
}

Model random_model(const Config& config, std::uint64_t seed, std::int64_t span, at::ScalarType dtype,
                   std::vector<std::int64_t> recorded) {
  return Model(config, load_weights(config, random_source(config, seed), dtype), std::move(recorded), span);
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
  StoriesReader reader(read_bytes(*weights));
  Stories stories;
  Config& config = stories.config;
  config.width = reader.size();
  config.feed_forward = reader.size();
  config.layers = reader.size();
  config.heads = reader.size();
  config.kv_heads = reader.size();
  config.vocabulary = reader.size();
  config.context = reader.size();
  config.rope_base = 10000.0;
  config.norm_epsilon = 1e-5;
  config.end_token = 1;  // a story is followed by the begin token of the next one
  const std::int64_t layers = config.layers;
  const std::int64_t width = config.width;
  const std::int64_t keys = config.kv_heads * config.head_size();
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
  stories.pieces = read_pieces(read_bytes(*pieces), config.vocabulary);
  return stories;
}

}  // namespace gistmill::llama::test
