// Adapters on disk, as PEFT keeps them: a folder of adapter_config.json and
// adapter_model.safetensors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/adapters.hpp"
#include "plugins/teacher/decoder/files/model_plan.hpp"

namespace gistmill::decoder {

// Rows of the embedding, or of the head, that were trained on their own: PEFT's way to train new tokens.
struct TokenRows {
  std::vector<std::int64_t> tokens;
  at::Tensor values;  // f32[tokens, D], in place of the model's rows; undefined: these count
};

// What is done to a tensor of the model as it is read: low-rank matrices are added to it; DoRA (arXiv
// 2402.09353) then gives each row, or each column, a length of its own; IA3 (arXiv 2205.05638) multiplies it.
struct Change {
  at::Tensor down;       // f32[r, in]; undefined: nothing is added
  at::Tensor up;         // f32[out, r]
  double scale = 1.0;    // of up(down)
  at::Tensor magnitude;  // DoRA: f32[out, 1], lengths of rows, or f32[1, in], of columns; undefined: none
  at::Tensor factor;     // IA3: f32[out, 1] or f32[1, in]; f32[out] for a bias; undefined: none
  at::Tensor bias;  // lora_bias, of a bias, which the model need not have: f32[out], scaled; undefined: none
};

// Rank and alpha of low-rank matrices that the embedding or the head has.
struct TableAdapter {
  std::string module;  // "model.embed_tokens", "lm_head"
  std::int64_t rank = 0;
  double alpha = 0.0;
};

// Rows are in the order of Weights.
struct AdapterFile {
  std::vector<AdapterPart> parts;              // of every layer and target, by layer; none where it is DoRA's
  std::map<std::string, Change> changes;       // by the model's tensor: "blk.0.attn_q.weight"
  std::vector<TableAdapter> tables;            // whose low-rank matrices lie in `saved`, and in `changes`
  std::map<std::string, at::Tensor> saved;     // kept as the file has them: tensors that were trained whole
  std::map<std::string, at::Tensor> replaced;  // the same by the model's tensor, whose place they take
  // A head beside the model's tied one: in `replaced`, or the embedding as it was; with its own `changes`.
  bool own_head = false;
  bool keeps_ties = false;  // PEFT's ensure_weight_tying
  TokenRows rows;
  TokenRows head_rows;     // of a head of its own
  bool only_rows = false;  // PEFT's TRAINABLE_TOKENS: no low-rank matrices beside them
  // The kind that is read, but neither trained further nor written: "a DoRA adapter (use_dora)"; else empty.
  std::string only_read;
  bool has_new_biases = false;  // lora_bias of matrices that have no bias in the model
  std::int64_t vocabulary = 0;  // V of the model with the adapter, which may bring longer or shorter tables
  std::int64_t rank = 0;        // 0: of a kind without
  double alpha = 0.0;
  bool rank_stabilized = false;
  double dropout = 0.0;
  std::string bias = "none";               // which biases lie in `saved`, as PEFT names it
  std::vector<std::string> saved_modules;  // PEFT's modules_to_save
  std::string base_model;                  // as the file says; not looked at

  // What a model of this plan becomes with the adapter.
  ModelPlan plan_of(ModelPlan model) const;
};

// Of a model with this configuration. Throws Error (user, "adapter") that names the file, what was found and
// what was expected: for kinds of adapters other than LoRA (DoRA among it), trained tokens and IA3, tensors
// that are no adapter of this model, and shapes that do not fit it.
AdapterFile read_adapter(const std::string& folder, const ModelPlan& plan);

// What to say where a model's folder holds an adapter that nobody asked for, which transformers would apply
// where PEFT is there; empty where it holds none.
std::string adapter_left_out(const std::string& model);

// The tensors of `source` with what the adapter puts in their place.
std::shared_ptr<const TensorSource> with_replaced(std::shared_ptr<const TensorSource> source,
                                                  const AdapterFile& adapter);

// Writes what PEFT's from_pretrained reads, in f32. The folder must not exist, or be empty; it appears whole
// or not at all. Throws Error: user where the name is taken, unavailable where the system fails; `key` names
// the option.
void write_adapter(const std::string& folder, const AdapterFile& adapter, const Config& config,
                   const std::string& key);

// Hexadecimal digest of the folder's two files.
std::string adapter_digest(const std::string& folder);

}  // namespace gistmill::decoder
