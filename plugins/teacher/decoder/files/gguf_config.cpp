#include "plugins/teacher/decoder/files/gguf_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "plugins/teacher/decoder/files/end_tokens.hpp"
#include "plugins/teacher/decoder/files/gguf_keys.hpp"
#include "plugins/teacher/decoder/files/hugging_face_gemma.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

using formats::GgufParts;

constexpr std::array kArchitectures = {"llama", "smollm3", "qwen2", "qwen3", "gemma3", "gpt2"};
// llama.cpp writes no key for it: every fourth layer of SmolLM3 does not rotate.
constexpr std::int64_t kUnrotatedEvery = 4;
// Of Gemma 3, where its keys do not say: every sixth layer sees all, the others turn by another base; and the
// model of this many layers (27B) scales its scores by another size.
constexpr std::int64_t kFullEvery = 6;
constexpr double kWindowedBase = 10000.0;
constexpr std::int64_t kLayersOf27B = 62;

class MetadataReader {
 public:
  explicit MetadataReader(const GgufParts& files)
      : files_(files),
        file_(files.metadata()),
        architecture_(file_.string("general.architecture")),
        keys_(file_, architecture_) {
    if (std::find(kArchitectures.begin(), kArchitectures.end(), architecture_) == kArchitectures.end()) {
      refuse(file_.name() + ": the architecture is " + formats::printable(architecture_) +
             " when it should be llama, smollm3, qwen2, qwen3, gemma3 or gpt2");
    }
  }

  ModelPlan plan() {
    Config& config = plan_.config;
    config.architecture = architecture_;
    const bool gpt2 = architecture_ == "gpt2";
    config.layers = keys_.integer("block_count");
    config.context = keys_.integer("context_length");
    config.width = keys_.integer("embedding_length");
    config.feed_forward = keys_.integer("feed_forward_length");
    config.heads = keys_.integer("attention.head_count");
    config.kv_heads = keys_.integer_or("attention.head_count_kv", config.heads);
    config.head_size = head_size();
    config.vocabulary = static_cast<std::int64_t>(files_.tensor("token_embd.weight").tensor->rows());
    config.norm = gpt2 ? NormKind::kLayer : NormKind::kRms;
    config.norm_epsilon =
        keys_.number(gpt2 ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon");
    config.feed_forward_kind = gpt2 ? FeedForwardKind::kGelu : FeedForwardKind::kGatedSilu;
    config.positions = gpt2 ? PositionKind::kLearned : PositionKind::kRotary;
    config.query_key_norm = architecture_ == "qwen3";
    if (!gpt2) read_rotary();
    if (architecture_ == "gemma3") {
      read_gemma();
    } else {
      read_window();
    }
    if (architecture_ == "smollm3") {
      const std::int64_t layers = std::min(config.layers, kMostLayers);
      for (std::int64_t layer = kUnrotatedEvery - 1; layer < layers; layer += kUnrotatedEvery) {
        config.unrotated_layers.push_back(layer);
      }
    }
    read_layout();
    put_end_tokens(end_tokens_of(file_), &plan_);
    expect_plain();
    keys_.refuse_unknown();
    return std::move(plan_);
  }

 private:
  std::int64_t head_size() {
    const Config& config = plan_.config;
    if (keys_.has("attention.key_length")) return keys_.integer("attention.key_length");
    if (config.heads < 1 || config.width % config.heads != 0) {
      keys_.wrong("embedding_length", std::to_string(config.width),
                  "a multiple of the number of heads, " + std::to_string(config.heads));
    }
    return config.width / config.heads;
  }

  void read_rotary() {
    Rotary& rotary = plan_.rotary;
    rotary.base = keys_.number_or("rope.freq_base", 10000.0);  // as llama.cpp where it is missing
    const bool stated = keys_.has("rope.scaling.type");
    const std::string type = keys_.string_or("rope.scaling.type", "none");
    const double old_factor = keys_.number_or("rope.scale_linear", 1.0);  // files of 2023
    const double factor = keys_.number_or("rope.scaling.factor", old_factor);
    if (type == "linear" || (!stated && factor != 1.0)) {
      rotary.scaling = Rotary::Scaling::kLinear;
      rotary.factor = factor;
      if (!(factor > 0.0))
        refuse(file_.name() + ": the rotary scaling factor is " + std::to_string(factor) +
               " when it should be above 0");
    } else if (type == "yarn") {
      read_yarn(factor);
    } else if (type != "none") {
      keys_.wrong("rope.scaling.type", formats::printable(type),
                  "none, linear or yarn: positions scaled in another way are not known here; a folder of the "
                  "same model in Hugging Face's form may say it in a way that is");
    }
    read_factors();
  }

  // As llama.cpp: what lengthens queries and keys comes from the factor, whatever else the file says of it.
  void read_yarn(double factor) {
    Rotary& rotary = plan_.rotary;
    const auto above_zero = [&](const char* key, double value) {
      if (!(value > 0.0) || !std::isfinite(value)) keys_.wrong(key, std::to_string(value), "above 0");
      return value;
    };
    rotary.scaling = Rotary::Scaling::kYarn;
    rotary.factor = above_zero("rope.scaling.factor", factor);
    rotary.original_context = above_zero(
        "rope.scaling.original_context_length",
        keys_.number_or("rope.scaling.original_context_length", static_cast<double>(plan_.config.context)));
    rotary.beta_fast =
        above_zero("rope.scaling.yarn_beta_fast", keys_.number_or("rope.scaling.yarn_beta_fast", 32.0));
    rotary.beta_slow =
        above_zero("rope.scaling.yarn_beta_slow", keys_.number_or("rope.scaling.yarn_beta_slow", 1.0));
    if (!(rotary.beta_fast > rotary.beta_slow))
      keys_.wrong("rope.scaling.yarn_beta_fast", std::to_string(rotary.beta_fast), "above yarn_beta_slow");
    if (!(rotary.base > 1.0)) keys_.wrong("rope.freq_base", std::to_string(rotary.base), "above 1");
    const double extrapolated = keys_.number_or("rope.scaling.yarn_ext_factor", 1.0);
    if (extrapolated != 1.0 && extrapolated >= 0.0)  // below 0: not stated
      keys_.wrong("rope.scaling.yarn_ext_factor", std::to_string(extrapolated), "1");
    const double multiplier = keys_.number_or("rope.scaling.yarn_log_multiplier", 0.0);
    if (multiplier != 0.0)  // of DeepSeek's architectures
      keys_.wrong("rope.scaling.yarn_log_multiplier", std::to_string(multiplier), "0 or left out");
    rotary.magnitude = yarn_magnitude(rotary.factor);
    plan_.config.context = context_of(rotary, plan_.config.context);
  }

  // Llama 3.1's scaling, as factors: how far each frequency is divided.
  void read_factors() {
    const GgufParts::Tensor found = files_.find("rope_freqs.weight");
    if (!found) return;
    const std::int64_t pairs = plan_.config.head_size / 2;
    if (plan_.rotary.scaling != Rotary::Scaling::kNone) {
      refuse(file_.name() + ": has both rope_freqs.weight and another scaling of positions");
    }
    check_shape(found.file->name(), "rope_freqs.weight", found.tensor->shape(),
                std::vector<std::int64_t>{pairs});
    std::vector<float> factors(static_cast<std::size_t>(pairs));
    found.file->dequantize(*found.tensor, factors.data());
    plan_.rotary.factors.assign(factors.begin(), factors.end());
    plan_.rotary.scaling = Rotary::Scaling::kFactors;
    for (const double factor : plan_.rotary.factors) {
      if (!(factor > 0.0) || !std::isfinite(factor)) {
        refuse(file_.name() + ": rope_freqs.weight holds " + std::to_string(factor) +
               " when it should be above 0");
      }
    }
  }

  // Documents that fit a window that all layers have are computed exactly.
  void read_window() {
    plan_.sliding_window = keys_.integer_or("attention.sliding_window", 0);
    if (plan_.sliding_window > 0) {
      plan_.config.context = std::min(plan_.config.context, plan_.sliding_window);
    }
  }

  void read_gemma() {
    Config& config = plan_.config;
    put_gemma_constants(&config);
    const bool largest = config.layers == kLayersOf27B && config.heads > 0;
    const std::int64_t scored = largest ? config.width / config.heads : config.head_size;
    config.score_scale = scored > 0 ? 1.0 / std::sqrt(static_cast<double>(scored)) : 0.0;
    plan_.windowed_rotary.base = keys_.number_or("rope.freq_base_swa", kWindowedBase);
    for (const char* size :
         {"attention.key_length_swa", "attention.value_length_swa", "rope.dimension_count_swa"})
      keys_.expect(size, config.head_size);
    config.window = keys_.integer_or("attention.sliding_window", 0);
    if (config.window == 0) return;
    const std::vector<bool> windowed = windowed_layers();
    for (std::size_t layer = 0; layer < windowed.size(); ++layer) {
      if (windowed[layer]) config.windowed_layers.push_back(static_cast<std::int64_t>(layer));
    }
  }

  // A flag for every layer, or a number n: every n-th sees all; 0: none does.
  std::vector<bool> windowed_layers() {
    const std::string name = "attention.sliding_window_pattern";
    const std::int64_t layers = std::clamp<std::int64_t>(plan_.config.layers, 0, kMostLayers);
    if (keys_.has(name) && file_.is_array(keys_.full(name))) {
      std::vector<bool> flags = file_.booleans(keys_.full(name));
      if (static_cast<std::int64_t>(flags.size()) != layers)
        keys_.wrong(name, "a list of " + std::to_string(flags.size()), "one of " + std::to_string(layers));
      return flags;
    }
    const std::int64_t every = keys_.integer_or(name, kFullEvery);
    if (every < 0) keys_.wrong(name, std::to_string(every), "0 or more");
    std::vector<bool> flags;
    for (std::int64_t layer = 0; layer < layers; ++layer)
      flags.push_back(every == 0 || layer % every < every - 1);
    return flags;
  }

  // GGUF says by its tensors alone which biases there are; layer 0 speaks for all.
  void read_layout() {
    const auto has = [this](const char* name) { return static_cast<bool>(files_.find(name)); };
    Layout& layout = plan_.layout;
    const bool always = architecture_ == "gpt2";
    layout.own_head = has("output.weight");
    layout.qkv_bias = always || architecture_ == "qwen2" || has("blk.0.attn_q.bias");
    layout.output_bias = always || has("blk.0.attn_output.bias");
    layout.feed_bias = always || has("blk.0.ffn_down.bias");
  }

  // Metadata that changes the computation in ways that the model does not follow.
  void expect_plain() {
    const Config& config = plan_.config;
    keys_.expect("attention.value_length", config.head_size);
    keys_.expect("vocab_size", config.vocabulary);
    keys_.expect("expert_count", 0);
    keys_.expect("expert_used_count", 0);
    if (config.positions == PositionKind::kRotary) keys_.expect("rope.dimension_count", config.head_size);
    const std::string kLayout = "Meta AI original pth";
    const std::string layout = keys_.string_or("tensor_data_layout", kLayout);
    if (layout != kLayout) keys_.wrong("tensor_data_layout", formats::printable(layout), "'" + kLayout + "'");
    if (file_.has("general.type") && file_.string("general.type") != "model") {
      refuse(file_.name() + ": general.type is " + formats::printable(file_.string("general.type")) +
             " when it should be 'model'");
    }
  }

  const GgufParts& files_;
  const formats::Gguf& file_;  // the first, with the metadata
  std::string architecture_;
  GgufKeys keys_;
  ModelPlan plan_;
};

}  // namespace

ModelPlan read_gguf_plan(const GgufParts& files) { return MetadataReader(files).plan(); }

bool gguf_is_half_split(const Config& config) {
  return config.architecture == "qwen2" || config.architecture == "qwen3" ||
         config.architecture == "gemma3_text";
}

}  // namespace gistmill::decoder
