#include "plugins/teacher/decoder/files/gguf_keys.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

using formats::Gguf;
using formats::GgufEntry;
using formats::GgufValueType;

// Keys of llama.cpp's table (llama-arch.cpp, and gguf 0.19's constants.py) that no model of these
// architectures computes with, whatever they say; those of YaRN are read where the scaling is YaRN.
constexpr std::array<std::string_view, 22> kIgnored = {
    "attention.group_norm_epsilon",
    "attention.group_norm_groups",
    "attention.layer_norm_epsilon",
    "attention.layer_norm_rms_epsilon",
    "attention.relative_buckets_count",
    "attention.sliding_window_pattern",
    "classifier.output_labels",
    "decoder_start_token_id",
    "embedding_length_out",
    "expert_gating_func",
    "expert_weights_norm",
    "expert_weights_scale",
    "features_length",
    "pooling_type",
    "rope.freq_base_swa",
    "rope.scaling.finetuned",
    "rope.scaling.original_context_length",
    "rope.scaling.yarn_attn_factor",
    "rope.scaling.yarn_beta_fast",
    "rope.scaling.yarn_beta_slow",
    "rope.scaling.yarn_ext_factor",
    "rope.scaling.yarn_log_multiplier",
};

// Keys that would change the result, and pass where their value changes nothing: a factor of 1, or 0, which
// llama.cpp takes for "none".
struct Neutral {
  std::string_view name;
  std::array<double, 2> values;
};
constexpr std::array<Neutral, 38> kNeutral = {{
    {"attention.causal", {1, 1}},
    {"attention.clamp_kqv", {0, 0}},
    {"attention.kv_lora_rank", {0, 0}},
    {"attention.max_alibi_bias", {0, 0}},
    {"attention.output_scale", {0, 1}},
    {"attention.q_lora_rank", {0, 0}},
    {"attention.scale", {0, 0}},
    {"attention.shared_kv_layers", {0, 0}},
    {"attention.temperature_length", {0, 0}},
    {"attention.temperature_scale", {0, 0}},
    {"attn_logit_softcapping", {0, 0}},
    {"decoder_block_count", {0, 0}},
    {"embedding_length_per_layer_input", {0, 0}},
    {"embedding_scale", {0, 1}},
    {"expert_chunk_feed_forward_length", {0, 0}},
    {"expert_count", {0, 0}},
    {"expert_feed_forward_length", {0, 0}},
    {"expert_group_count", {0, 0}},
    {"expert_group_scale", {0, 1}},
    {"expert_group_used_count", {0, 0}},
    {"expert_shared_count", {0, 0}},
    {"expert_shared_feed_forward_length", {0, 0}},
    {"expert_used_count", {0, 0}},
    {"experts_per_group", {0, 0}},
    {"final_logit_softcapping", {0, 0}},
    {"interleave_moe_layer_step", {0, 0}},
    {"leading_dense_block_count", {0, 0}},
    {"logit_scale", {0, 1}},
    {"moe_every_n_layers", {0, 0}},
    {"n_deepstack_layers", {0, 0}},
    {"nextn_predict_layers", {0, 0}},
    {"residual_scale", {0, 1}},
    {"rope.dimension_sections", {0, 0}},
    {"rope.scaling.alpha", {0, 1}},
    {"rope.scaling.attn_factor", {0, 1}},
    {"router_logit_softcapping", {0, 0}},
    {"swin_norm", {0, 0}},
    {"use_parallel_residual", {0, 0}},
}};

// The numbers of an entry, true and false as 1 and 0; none where it holds text.
std::vector<double> numbers_of(const Gguf& file, const GgufEntry& entry) {
  if (entry.type == GgufValueType::kString) return {};
  if (entry.type == GgufValueType::kBool) {
    if (!entry.is_array) return {file.boolean(entry.key) ? 1.0 : 0.0};
    const std::vector<bool> flags = file.booleans(entry.key);
    return {flags.begin(), flags.end()};
  }
  return entry.is_array ? file.numbers(entry.key) : std::vector<double>{file.number(entry.key)};
}

// "[2, 4, 4, ...]"
template <class Numbers>
std::string list_text(const Numbers& values) {
  constexpr std::size_t kMost = 8;
  std::string result = "[";
  for (std::size_t i = 0; i < std::min(values.size(), kMost); ++i)
    result += (i > 0 ? ", " : "") + std::to_string(values[i]);
  return result + (values.size() > kMost ? ", ...]" : "]");
}

// The one number of a list.
template <class Numbers>
auto the_one_of(const Gguf& file, const std::string& key, const Numbers& values) {
  const bool same = !values.empty() && std::all_of(values.begin(), values.end(),
                                                   [&](auto value) { return value == values.front(); });
  if (!same) {
    refuse(file.name() + ": " + key + " is " + list_text(values) +
           " when it should be one number, or the same for every layer: layers of different sizes are not "
           "known here");
  }
  return values.front();
}

}  // namespace

std::int64_t GgufKeys::integer(const std::string& name) {
  const std::string key = known(name);
  return file_.is_array(key) ? the_one_of(file_, key, file_.integers(key)) : file_.integer(key);
}

std::int64_t GgufKeys::integer_or(const std::string& name, std::int64_t fallback) {
  return has(name) ? integer(name) : fallback;
}

double GgufKeys::number(const std::string& name) {
  const std::string key = known(name);
  return file_.is_array(key) ? the_one_of(file_, key, file_.numbers(key)) : file_.number(key);
}

double GgufKeys::number_or(const std::string& name, double fallback) {
  return has(name) ? number(name) : fallback;
}

std::string GgufKeys::string_or(const std::string& name, const std::string& fallback) {
  return has(name) ? std::string(file_.string(full(name))) : fallback;
}

void GgufKeys::expect(const std::string& name, std::int64_t expected) {
  const std::int64_t found = integer_or(name, expected);
  if (found != expected) wrong(name, std::to_string(found), std::to_string(expected));
}

void GgufKeys::wrong(const std::string& name, const std::string& found, const std::string& expected) const {
  refuse(file_.name() + ": " + full(name) + " is " + found + " when it should be " + expected);
}

bool GgufKeys::is_neutral(const GgufEntry& entry) const {
  const std::string_view name = entry.key.substr(architecture_.size() + 1);
  if (std::find(kIgnored.begin(), kIgnored.end(), name) != kIgnored.end()) return true;
  const auto neutral =
      std::find_if(kNeutral.begin(), kNeutral.end(), [&](const Neutral& each) { return each.name == name; });
  if (neutral == kNeutral.end() || entry.type == GgufValueType::kString) return false;
  const std::vector<double> values = numbers_of(file_, entry);
  return std::all_of(values.begin(), values.end(), [&](double value) {
    return value == neutral->values[0] || value == neutral->values[1];
  });
}

void GgufKeys::refuse_unknown() {
  for (const GgufEntry& entry : file_.entries()) {
    if (!entry.key.starts_with(architecture_ + ".") || known_.count(std::string(entry.key)) > 0) continue;
    if (is_neutral(entry)) continue;
    const std::vector<double> values = numbers_of(file_, entry);
    const std::string found = values.empty() ? "" : " of value " + list_text(values);
    refuse(file_.name() + ": has metadata " + formats::printable(entry.key) + found +
           ", which is not known for this architecture: the result could be wrong");
  }
}

}  // namespace gistmill::decoder
