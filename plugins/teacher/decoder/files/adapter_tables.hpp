// What an adapter does to the embedding and the head: low-rank matrices, rows that were trained on their own,
// longer or shorter tables, and a head of its own beside a tied one.
#pragma once

#include <cstdint>
#include <string>

#include "plugins/teacher/decoder/files/adapter_file.hpp"
#include "plugins/teacher/decoder/files/adapter_reader.hpp"
#include "plugins/teacher/decoder/files/adapter_settings.hpp"

namespace gistmill::decoder {

inline const std::string kHeadModule = "lm_head";
inline const std::string kTokenRows = ".token_adapter.trainable_tokens_delta";  // beside low-rank matrices

// "model.embed_tokens"
std::string embedding_module(const Config& config);

// Rows of the embedding with the adapter: the model's own, or as many as the file brings.
std::int64_t vocabulary_of(const AdapterReader& file, const ModelPlan& plan);

// Under which name the file has a tensor of the model, "model.norm.weight"; empty where it has none. Beside
// an adapter, PEFT keeps a tensor as its base layer's.
std::string saved_name(const AdapterReader& file, const std::string& name);

// A bias within modules_to_save is written up to three times (PEFT 0.21.2): as it was, and twice as it
// became.
void pass_over_copies(AdapterReader& file, const std::string& name);

// Fills changes, tables, rows, head_rows and own_head of `adapter`, whose `replaced` holds the tensors that
// the file has whole. plan: with the adapter's vocabulary.
void read_tables(AdapterReader& file, const ModelPlan& plan, const AdapterSettings& settings,
                 AdapterFile& adapter);

}  // namespace gistmill::decoder
