#include "plugins/teacher/decoder/files/gguf_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

using formats::Gguf;

constexpr std::array kArchitectures = {"llama", "smollm3", "qwen2", "qwen3", "gpt2"};
// llama.cpp writes no key for it: every fourth layer of SmolLM3 does not rotate.
constexpr std::int64_t kUnrotatedEvery = 4;

class MetadataReader {
 public:
  explicit MetadataReader(const Gguf& file)
      : file_(file), architecture_(file.string("general.architecture")) {
    if (std::find(kArchitectures.begin(), kArchitectures.end(), architecture_) == kArchitectures.end()) {
      refuse(file_.name() + ": the architecture is " + formats::printable(architecture_) +
             " when it should be llama, smollm3, qwen2, qwen3 or gpt2");
    }
    if (file_.integer_or("split.count", 1) != 1) {
      refuse(file_.name() + ": is one of " + std::to_string(file_.integer("split.count")) +
             " parts of a model; merge them (llama-gguf-split --merge)");
    }
  }

  ModelPlan plan() {
    Config& config = plan_.config;
    config.architecture = architecture_;
    const bool gpt2 = architecture_ == "gpt2";
    config.layers = file_.integer(key("block_count"));
    config.context = file_.integer(key("context_length"));
    config.width = file_.integer(key("embedding_length"));
    config.feed_forward = file_.integer(key("feed_forward_length"));
    config.heads = file_.integer(key("attention.head_count"));
    config.kv_heads = file_.integer_or(key("attention.head_count_kv"), config.heads);
    config.head_size = head_size();
    config.vocabulary = static_cast<std::int64_t>(file_.tensor("token_embd.weight").rows());
    config.norm = gpt2 ? NormKind::kLayer : NormKind::kRms;
    config.norm_epsilon =
        file_.number(key(gpt2 ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"));
    config.feed_forward_kind = gpt2 ? FeedForwardKind::kGelu : FeedForwardKind::kGatedSilu;
    config.positions = gpt2 ? PositionKind::kLearned : PositionKind::kRotary;
    config.query_key_norm = architecture_ == "qwen3";
    if (!gpt2) read_rotary();
    if (architecture_ == "smollm3") {
      const std::int64_t layers = std::min(config.layers, kMostLayers);
      for (std::int64_t layer = kUnrotatedEvery - 1; layer < layers; layer += kUnrotatedEvery) {
        config.unrotated_layers.push_back(layer);
      }
    }
    read_window();
    read_layout();
    const std::int64_t end = file_.integer_or("tokenizer.ggml.eos_token_id", -1);
    if (end >= 0) config.end_tokens.push_back(end);
    expect_plain();
    refuse_unknown();
    return std::move(plan_);
  }

 private:
  std::string key(const std::string& name) {
    known_.insert(architecture_ + "." + name);
    return architecture_ + "." + name;
  }

  std::int64_t head_size() {
    const Config& config = plan_.config;
    const std::string stated = key("attention.key_length");
    if (file_.has(stated)) return file_.integer(stated);
    if (config.heads < 1 || config.width % config.heads != 0) {
      refuse(file_.name() + ": " + key("embedding_length") + " is " + std::to_string(config.width) +
             " when it should be a multiple of the number of heads, " + std::to_string(config.heads));
    }
    return config.width / config.heads;
  }

  void read_rotary() {
    Rotary& rotary = plan_.rotary;
    rotary.base = file_.number_or(key("rope.freq_base"), 10000.0);  // as llama.cpp where it is missing
    const std::string type_key = key("rope.scaling.type");
    const std::string type = file_.has(type_key) ? std::string(file_.string(type_key)) : "none";
    const std::string old_factor = key("rope.scale_linear");  // files of 2023
    const double factor = file_.number_or(key("rope.scaling.factor"), file_.number_or(old_factor, 1.0));
    if (type == "linear" || (!file_.has(type_key) && factor != 1.0)) {
      rotary.scaling = Rotary::Scaling::kLinear;
      rotary.factor = factor;
      if (!(factor > 0.0))
        refuse(file_.name() + ": the rotary scaling factor is " + std::to_string(factor) +
               " when it should be above 0");
    } else if (type != "none") {
      refuse(file_.name() + ": " + type_key + " is " + formats::printable(type) +
             " when it should be none or linear: positions scaled in another way are not known here");
    }
    read_factors();
  }

  // Llama 3.1's scaling, as factors: how far each frequency is divided.
  void read_factors() {
    const formats::GgufTensor* tensor = file_.find_tensor("rope_freqs.weight");
    if (tensor == nullptr) return;
    const std::int64_t pairs = plan_.config.head_size / 2;
    if (plan_.rotary.scaling != Rotary::Scaling::kNone) {
      refuse(file_.name() + ": has both rope_freqs.weight and a linear scaling of positions");
    }
    check_shape(file_.name(), "rope_freqs.weight", tensor->shape(), std::vector<std::int64_t>{pairs});
    std::vector<float> factors(static_cast<std::size_t>(pairs));
    file_.dequantize(*tensor, factors.data());
    plan_.rotary.factors.assign(factors.begin(), factors.end());
    plan_.rotary.scaling = Rotary::Scaling::kFactors;
    for (const double factor : plan_.rotary.factors) {
      if (!(factor > 0.0) || !std::isfinite(factor)) {
        refuse(file_.name() + ": rope_freqs.weight holds " + std::to_string(factor) +
               " when it should be above 0");
      }
    }
  }

  void read_window() {
    if (architecture_ != "llama") return;
    plan_.sliding_window = file_.integer_or(key("attention.sliding_window"), 0);
    if (plan_.sliding_window > 0) {
      plan_.config.context = std::min(plan_.config.context, plan_.sliding_window);
    }
  }

  // GGUF says by its tensors alone which biases there are; layer 0 speaks for all.
  void read_layout() {
    const auto has = [this](const char* name) { return file_.find_tensor(name) != nullptr; };
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
    const auto expect = [&](const std::string& full, std::int64_t expected) {
      const std::int64_t found = file_.integer_or(full, expected);
      if (found != expected) {
        refuse(file_.name() + ": " + full + " is " + std::to_string(found) + " when it should be " +
               std::to_string(expected));
      }
    };
    expect(key("attention.value_length"), config.head_size);
    expect(key("vocab_size"), config.vocabulary);
    expect(key("expert_count"), 0);
    expect(key("expert_used_count"), 0);
    if (config.positions == PositionKind::kRotary) expect(key("rope.dimension_count"), config.head_size);
    const std::string layout = key("tensor_data_layout");
    if (file_.has(layout) && file_.string(layout) != "Meta AI original pth") {
      refuse(file_.name() + ": " + layout + " is " + formats::printable(file_.string(layout)) +
             " when it should be 'Meta AI original pth'");
    }
    if (file_.has("general.type") && file_.string("general.type") != "model") {
      refuse(file_.name() + ": general.type is " + formats::printable(file_.string("general.type")) +
             " when it should be 'model'");
    }
  }

  void refuse_unknown() {
    for (const char* harmless : {"rope.scaling.finetuned", "rope.scaling.original_context_length"}) {
      key(harmless);
    }
    for (const formats::GgufEntry& entry : file_.entries()) {
      if (!entry.key.starts_with(architecture_ + ".") || known_.count(std::string(entry.key)) > 0) continue;
      refuse(file_.name() + ": has metadata " + formats::printable(entry.key) +
             ", which is not known for this architecture: the result could be wrong");
    }
  }

  const Gguf& file_;
  std::string architecture_;
  std::set<std::string> known_;
  ModelPlan plan_;
};

}  // namespace

ModelPlan read_gguf_plan(const Gguf& file) { return MetadataReader(file).plan(); }

bool gguf_is_half_split(const Config& config) {
  return config.architecture == "qwen2" || config.architecture == "qwen3";
}

}  // namespace gistmill::decoder
