#include "plugins/teacher/decoder/files/adapter_modules.hpp"

#include "plugins/teacher/decoder/files/hugging_face_names.hpp"
#include "plugins/teacher/decoder/weights.hpp"

namespace gistmill::decoder {

std::vector<Module> adapter_modules(const Config& config) {
  const std::int64_t width = config.width;
  const std::int64_t queries = config.query_width();
  const std::int64_t keys = config.key_width();
  const std::int64_t inner = config.feed_forward;
  if (config.architecture == "gpt2") {
    return {{"attn.c_attn", {"attn_q", "attn_k", "attn_v"}, width, config.qkv_width(), 0},
            {"attn.c_proj", {"attn_output"}, queries, width, 0},
            {"mlp.c_fc", {"ffn_up"}, width, inner, 0},
            {"mlp.c_proj", {"ffn_down"}, inner, width, 0}};
  }
  return {{"q_proj", {"attn_q"}, width, queries, config.heads},
          {"k_proj", {"attn_k"}, width, keys, config.kv_heads},
          {"v_proj", {"attn_v"}, width, keys, 0},
          {"o_proj", {"attn_output"}, queries, width, 0},
          {"gate_proj", {"ffn_gate"}, width, inner, 0},
          {"up_proj", {"ffn_up"}, width, inner, 0},
          {"down_proj", {"ffn_down"}, inner, width, 0}};
}

std::string module_name(const Config& config, std::int64_t layer, const Module& module) {
  const std::string tensor = layer_tensor(layer, module.tensors.front() + ".weight");
  const std::string name = hugging_face_tensor(config, tensor).name;
  return name.substr(0, name.rfind('.'));
}

}  // namespace gistmill::decoder
