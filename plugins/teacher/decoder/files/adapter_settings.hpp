// adapter_config.json, as PEFT writes it: what it says of low-rank adapters, of trained tokens and of IA3.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace re2 {
class RE2;
}

namespace gistmill::decoder {

// Larger than any model is wide.
inline constexpr std::int64_t kMostRank = 65536;

// For the end of a module's name: "v_proj", "layers\.[01]\.self_attn\.v_proj"; with ^ in front for the whole
// name.
using ModulePattern = std::shared_ptr<const re2::RE2>;

enum class AdapterKind {
  kLora,    // low-rank matrices, DoRA among them
  kTokens,  // rows of the embedding, nothing else
  kIa3,     // factors of what matrices take or give (arXiv 2205.05638)
};

struct AdapterSettings {
  AdapterKind kind = AdapterKind::kLora;
  std::int64_t rank = 0;
  double alpha = 0.0;
  double dropout = 0.0;
  bool rank_stabilized = false;
  std::string base_model;
  bool decomposed = false;                 // DoRA (arXiv 2402.09353): magnitudes lie beside the matrices
  bool lora_bias = false;                  // the second of the matrices, lora_B, has a bias
  std::string bias = "none";               // which of the model's biases were trained: "all", "lora_only"
  std::vector<std::string> saved_modules;  // those that were trained whole: "norm", "lm_head"
  bool keeps_ties = false;                 // a tied head went along with an embedding that was trained whole
  // Ranks and alphas of their own for some modules, ascending by the expression's text, as PEFT writes them.
  // The first that fits counts.
  std::vector<std::pair<ModulePattern, std::int64_t>> ranks;
  std::vector<std::pair<ModulePattern, double>> alphas;
  std::vector<std::int64_t> token_indices;       // rows of the embedding that were trained on their own
  std::vector<std::int64_t> head_token_indices;  // of the head

  // Of a module by its full name without PEFT's wrapper: "model.layers.0.self_attn.v_proj".
  std::int64_t rank_of(const std::string& module) const;
  double alpha_of(const std::string& module) const;
};

// By what an adapter's output is multiplied: alpha / rank, or alpha / sqrt(rank) where it is rank-stabilized
// (arXiv 2312.03732).
double adapter_scale(double alpha, std::int64_t rank, bool rank_stabilized);

// `name` stands for the file in messages. Throws Error (user) for other kinds of adapters, and for keys that
// would change the result and are not known.
AdapterSettings adapter_settings_of(const nlohmann::json& config, const std::string& name);
// Of a file. Throws formats::FormatError as well.
AdapterSettings read_adapter_settings(const std::filesystem::path& path);

}  // namespace gistmill::decoder
