#include "plugins/student/retnet/initialize.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <gistmill/plugin/values.hpp>

namespace gistmill::retnet {
namespace {

using decoder::layer_tensor;

const std::vector<std::string>& families() {
  static const std::vector<std::string> names = {"llama", "mistral",     "smollm3", "qwen2",
                                                 "qwen3", "gemma3_text", "gpt2"};
  return names;
}

void expect_same(const char* option, std::int64_t own, const char* what, std::int64_t theirs,
                 const decoder::ModelFile& file, const char* key) {
  if (own == theirs) return;
  throw Error(GM_ERROR_USER,
              std::string(option) + " is " + std::to_string(own) + " when the " + what + " of " +
                  file.path() + " is " + std::to_string(theirs),
              key);
}

// Which of `there` layers layer `layer` of `here` starts from: the first, the last, and evenly between.
std::int64_t source_of(std::int64_t layer, std::int64_t here, std::int64_t there) {
  if (here == 1) return 0;
  const double place = static_cast<double>(layer * (there - 1)) / static_cast<double>(here - 1);
  return std::llround(place);
}

// Rows of J heads, each repeated for the heads that it serves: [J E, D] -> [A E, D].
at::Tensor for_every_head(const at::Tensor& rows, const decoder::Config& theirs) {
  return rows.view({theirs.kv_heads, 1, theirs.head_size, -1})
      .expand({theirs.kv_heads, theirs.group(), theirs.head_size, -1})
      .reshape({theirs.query_width(), -1});
}

void take_layer(const decoder::ModelFile& file, std::int64_t source, const Config& config,
                const LayerWeights& layer) {
  const decoder::Config& theirs = file.config();
  const std::int64_t width = config.width;
  const std::int64_t feed = config.feed_forward;
  const auto read = [&](const char* part, at::IntArrayRef shape) {
    return file.read(layer_tensor(source, std::string(part) + ".weight"), shape);
  };
  const at::Tensor& in = layer.retention.in;
  in.narrow(0, 0, width).copy_(read("attn_q", {width, width}));
  in.narrow(0, width, width).copy_(for_every_head(read("attn_k", {theirs.key_width(), width}), theirs));
  in.narrow(0, 2 * width, width).copy_(for_every_head(read("attn_v", {theirs.key_width(), width}), theirs));
  layer.retention.out.copy_(read("attn_output", {width, width}));
  layer.retention.norm.copy_(read("attn_norm", {width}));
  layer.feed_forward.in.narrow(0, 0, feed).copy_(read("ffn_gate", {feed, width}));
  layer.feed_forward.in.narrow(0, feed, feed).copy_(read("ffn_up", {feed, width}));
  layer.feed_forward.out.copy_(read("ffn_down", {width, feed}));
  layer.feed_forward.norm.copy_(read("ffn_norm", {width}));
}

}  // namespace

std::shared_ptr<const decoder::ModelFile> open_transformer(const std::string& path, const std::string& key) {
  try {
    return decoder::open_model(path, families());
  } catch (const Error& error) {
    throw Error(error.code, error.what(), key);
  }
}

void check_embeddings(const decoder::ModelFile& file, const Config& config) {
  const char* key = "embeddings_from";
  expect_same("width", config.width, "width", file.config().width, file, key);
  expect_same("vocabulary", config.vocabulary, "vocabulary", file.config().vocabulary, file, key);
}

void check_layers(const decoder::ModelFile& file, const Config& config) {
  const decoder::Config& theirs = file.config();
  const char* key = "layers_from";
  if (!theirs.is_gated() || theirs.norm != decoder::NormKind::kRms) {
    throw Error(GM_ERROR_USER,
                file.path() + ": its layers are " + theirs.architecture +
                    "'s when they should have a gated feed-forward and RMSNorm",
                key);
  }
  expect_same("width", config.width, "width", theirs.width, file, key);
  expect_same("heads", config.heads, "number of query heads", theirs.heads, file, key);
  expect_same("width", config.width, "width of all queries", theirs.query_width(), file, key);
  expect_same("value_width", config.value_width, "width of all values, one a query head,",
              theirs.query_width(), file, key);
  expect_same("feed_forward", config.feed_forward, "feed-forward width", theirs.feed_forward, file, key);
  if (config.layers <= theirs.layers) return;
  throw Error(GM_ERROR_USER,
              "layers is " + std::to_string(config.layers) + " when " + file.path() + " has " +
                  std::to_string(theirs.layers),
              key);
}

std::string take_embeddings(const decoder::ModelFile& file, const Config& config, const Weights& weights) {
  const at::NoGradGuard no_grad;
  const std::int64_t shape[] = {config.vocabulary, config.width};
  weights.embedding.copy_(file.read("token_embd.weight", shape));
  const bool own_head = file.contains("output.weight");
  if (!config.tied) weights.head.copy_(own_head ? file.read("output.weight", shape) : weights.embedding);
  std::string sentence = "embeddings of " + file.path();
  if (!config.tied) sentence += own_head ? ", and its head" : ", for the head too";
  if (config.tied && own_head) sentence += "; its head, which is another matrix, is left out: tied is true";
  return sentence;
}

std::string take_layers(const decoder::ModelFile& file, const Config& config, const Weights& weights) {
  const at::NoGradGuard no_grad;
  const decoder::Config& theirs = file.config();
  std::string sources;
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const std::int64_t source = source_of(layer, config.layers, theirs.layers);
    take_layer(file, source, config, weights.layers[static_cast<std::size_t>(layer)]);
    sources += (sources.empty() ? "" : ", ") + std::to_string(source);
  }
  weights.norm.copy_(file.read("output_norm.weight", {config.width}));
  std::string sentence = "queries, keys, values, outputs, feed-forwards and norms of layers " + sources +
                         " of " + file.path() + ", and its last norm";
  if (theirs.kv_heads != theirs.heads) {
    sentence += "; each of its " + std::to_string(theirs.kv_heads) + " key and value heads serves " +
                std::to_string(theirs.group());
  }
  if (file.plan().layout.qkv_bias) sentence += "; its biases are left out";
  if (theirs.query_key_norm) sentence += "; its norms of queries and keys are left out";
  return sentence + ". The gates start at random";
}

}  // namespace gistmill::retnet
