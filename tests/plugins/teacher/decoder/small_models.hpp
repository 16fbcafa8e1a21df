// Models for tests: random weights of chosen sizes, the real stories260K, and where the real teacher lies.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <string>

#include "plugins/teacher/decoder/model.hpp"

namespace gistmill::decoder::test {

// Tensors by name, in memory.
class MemorySource final : public TensorSource {
 public:
  std::map<std::string, at::Tensor> tensors;

  bool contains(const std::string& name) const override { return tensors.count(name) > 0; }
  at::Tensor read(const std::string& name, at::IntArrayRef shape) const override;
  void read_into(const std::string& name, const at::Tensor& out) const override {
    out.copy_(read(name, out.sizes()));
  }
  std::optional<StoredMatrix> stored(const std::string&) const override { return std::nullopt; }
};

// Three layers, six query heads to two key heads of eight, vocabulary 97.
Config tiny_config();
// Its like with LayerNorm, GELU, biases everywhere and learned positions.
Config tiny_gpt2_config();
// Its like with wider heads than the width gives, normalized queries and keys, and a layer that does not
// rotate.
Config tiny_mixed_config();
// Its like with windows of 40 positions in two of three layers, scaled embeddings, norms behind each part,
// GELU.
Config tiny_gemma_config();
// Weights that keep activations of order one; own_head: the head is not the embedding.
MemorySource random_source(const Config& config, std::uint64_t seed, bool own_head = false);
Model random_model(const Config& config, std::uint64_t seed, std::int64_t span = 32,
                   at::ScalarType dtype = at::kFloat, std::vector<std::int64_t> recorded = {});
// The greedy continuation of one text i32[P] -> i32[N].
at::Tensor continued(const Model& model, const at::Tensor& prompt, std::int64_t count);
at::Tensor random_tokens(std::int64_t vocabulary, std::int64_t count, std::uint64_t seed);

struct Stories {
  Config config;
  MemorySource source;
  std::vector<std::string> pieces;  // text of every token
};
// Models and tokenizers of the shared data folder; nothing where it is absent.
std::optional<Stories> load_stories();
std::optional<std::string> shared_file(const std::string& relative);
// The teacher's GGUF file, from the environment variable GISTMILL_MODEL.
std::optional<std::string> teacher_file();

}  // namespace gistmill::decoder::test
