#include "plugins/teacher/decoder/files/hugging_face_names.hpp"

#include <map>
#include <stdexcept>

namespace gistmill::decoder {
namespace {

struct Part {
  const char* name;
  bool transposed = false;
  std::int64_t part = 0;
  std::int64_t parts = 1;
};
using Parts = std::map<std::string, Part, std::less<>>;

const Parts& llama_parts() {
  static const Parts parts = {{"attn_norm", {"input_layernorm"}},
                              {"attn_q", {"self_attn.q_proj"}},
                              {"attn_k", {"self_attn.k_proj"}},
                              {"attn_v", {"self_attn.v_proj"}},
                              {"attn_q_norm", {"self_attn.q_norm"}},
                              {"attn_k_norm", {"self_attn.k_norm"}},
                              {"attn_output", {"self_attn.o_proj"}},
                              {"ffn_norm", {"post_attention_layernorm"}},
                              {"ffn_gate", {"mlp.gate_proj"}},
                              {"ffn_up", {"mlp.up_proj"}},
                              {"ffn_down", {"mlp.down_proj"}},
                              {"token_embd", {"embed_tokens"}},
                              {"output_norm", {"norm"}}};
  return parts;
}

const Parts& gemma_parts() {
  static const Parts parts = [] {
    Parts changed = llama_parts();
    changed["post_attention_norm"] = {"post_attention_layernorm"};
    changed["ffn_norm"] = {"pre_feedforward_layernorm"};
    changed["post_ffw_norm"] = {"post_feedforward_layernorm"};
    return changed;
  }();
  return parts;
}

const Parts& gpt2_parts() {
  static const Parts parts = {{"attn_norm", {"ln_1"}},
                              {"attn_q", {"attn.c_attn", true, 0, 3}},
                              {"attn_k", {"attn.c_attn", true, 1, 3}},
                              {"attn_v", {"attn.c_attn", true, 2, 3}},
                              {"attn_output", {"attn.c_proj", true}},
                              {"ffn_norm", {"ln_2"}},
                              {"ffn_up", {"mlp.c_fc", true}},
                              {"ffn_down", {"mlp.c_proj", true}},
                              {"token_embd", {"wte"}},
                              {"position_embd", {"wpe"}},
                              {"output_norm", {"ln_f"}}};
  return parts;
}

const Parts& parts_of(const Config& config) {
  if (config.architecture == "gpt2") return gpt2_parts();
  return config.architecture == "gemma3_text" ? gemma_parts() : llama_parts();
}

}  // namespace

std::string hugging_face_prefix(const Config& config) {
  return config.architecture == "gpt2" ? "transformer." : "model.";
}

FileTensor hugging_face_tensor(const Config& config, const std::string& name) {
  const bool gpt2 = config.architecture == "gpt2";
  const std::size_t dot = name.rfind('.');
  const std::string kind = name.substr(dot);  // ".weight" or ".bias"
  std::string part = name.substr(0, dot);
  if (part == "output") return {"lm_head" + kind};
  std::string place = hugging_face_prefix(config);
  if (part.starts_with("blk.")) {
    const std::size_t end = part.find('.', 4);
    place += (gpt2 ? "h." : "layers.") + part.substr(4, end - 4) + ".";
    part.erase(0, end + 1);
  }
  const Parts& parts = parts_of(config);
  const auto found = parts.find(part);
  if (found == parts.end()) throw std::logic_error("no tensor of a " + config.architecture + ": " + name);
  const Part& known = found->second;
  const bool less_one = config.architecture == "gemma3_text" && part.ends_with("norm");
  return {place + known.name + kind, known.transposed && kind == ".weight", known.part, known.parts,
          less_one};
}

bool is_harmless_tensor(const Config& config, const std::string& name) {
  if (config.architecture == "gpt2")
    return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias");
  return name.ends_with("rotary_emb.inv_freq");
}

bool is_within_model(const Config& config, const std::string& prefix, std::string_view name) {
  if (name.starts_with("lm_head.")) return true;
  if (!prefix.empty()) return name.starts_with(prefix);
  const bool gpt2 = config.architecture == "gpt2";
  if (name.starts_with(gpt2 ? "h." : "layers.")) return true;
  const std::string_view part = name.substr(0, name.find('.'));
  return gpt2 ? part == "wte" || part == "wpe" || part == "ln_f" : part == "embed_tokens" || part == "norm";
}

}  // namespace gistmill::decoder
