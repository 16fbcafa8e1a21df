// What a teacher is beside its operations: options, the model's file, its weights where they compute, and
// what of them trains: adapters, rows of new tokens, all of them; and writing that. plugin.cpp has the
// operations.
#pragma once

#include <gistmill/torch.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/teacher/decoder/adapters.hpp"
#include "plugins/teacher/decoder/context_codec.hpp"
#include "plugins/teacher/decoder/files/adapter_file.hpp"
#include "plugins/teacher/decoder/files/folder_writer.hpp"
#include "plugins/teacher/decoder/files/gist_cache_file.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "plugins/teacher/decoder/trained_rows.hpp"

namespace gistmill::decoder {

class LoadedModel : public torch::Component {
 public:
  // Reads the file's header, so that sizes are known and a wrong file is refused before anything is computed.
  LoadedModel(const Options& options, const std::vector<std::string>& architectures);

  // Loads the weights: about four bytes a parameter of memory in f32, two in bf16.
  void start(const Start& start);

  std::int64_t symbol(std::string_view name) const;
  std::string digest() const;
  std::string describe() const { return file_->describe(); }

  // What was trained, as others read it: a PEFT adapter, or a Hugging Face folder of all weights.
  // tokenizer_json, tokenizer_config: bytes of files that go with a model that has no tokenizer's files of
  // its own; in all three.
  void save(const at::Tensor& folder, const std::optional<at::Tensor>& tokenizer_json,
            const std::optional<at::Tensor>& tokenizer_config,
            const std::optional<at::Tensor>& no_tokenizer) const;

  // A Hugging Face folder with the adapters added to the weights, which are read anew and summed in f32.
  void save_merged(const at::Tensor& folder, const std::optional<at::Tensor>& tokenizer_json,
                   const std::optional<at::Tensor>& tokenizer_config,
                   const std::optional<at::Tensor>& no_tokenizer) const;

  // The same with rows for new tokens.
  void save_with_tokens(const at::Tensor& folder, const at::Tensor& vectors, const at::Tensor& texts,
                        const std::optional<at::Tensor>& tokenizer_json,
                        const std::optional<at::Tensor>& tokenizer_config,
                        const std::optional<at::Tensor>& no_tokenizer) const;

 protected:
  const Model& model() const { return *model_; }
  ContextForm form() const {
    return {config_, model_->dtype(), static_cast<std::int64_t>(layers_.size()), queries_};
  }

  // Throws Error (user, `key`).
  std::shared_ptr<const GistCache> read_cache(const std::string& path, const std::string& key) const {
    return read_gist_cache(path, config_, model_->dtype(), origin(), key);
  }

  // Whose keys and values this model makes, as it is now.
  GistOrigin origin() const { return {file_->digest(), state_digest(), "none", "none"}; }

  static std::string text_of(const at::Tensor& bytes);

  PassMode mode(const Call& call) const;

 private:
  Weights merged() const;
  at::ScalarType merged_dtype() const {
    return train_ == "all" || dtype_ == "f32" ? at::kFloat : at::kBFloat16;
  }

  // Says what it chose and why.
  at::ScalarType choose_dtype() const;

  // A second, faster copy of the matrices where it leaves most of the memory free, and they stay as they are.
  Packing packing(at::ScalarType dtype) const;

  // Of what the adapter's file and training made of the weights: "none" where both left them alone.
  std::string state_digest() const;

  [[noreturn]] void refuse_what_only_merges(const std::string& lacks) const;

  // Where the adapter is merged, or the weights train that it would be merged into.
  void refuse_new_biases() const;

  // What the file says of rank, alpha and targets counts.
  void read_adapter();

  ModelPlan plan() const { return read_.plan_of(file_->plan()); }

  // The model's tensors, with what an adapter's file puts in their place.
  std::shared_ptr<const TensorSource> source() const { return with_replaced(file_, read_); }

  void make_adapters(std::uint64_t seed);

  // Those of the adapter's file go on; others start as the model has them.
  void check_trained_tokens();

  void train_rows(Weights& weights);

  // Parameters that start as the adapter's file has them, or else the table.
  std::shared_ptr<const TrainedRows> trained_rows(TokenRows& rows, const at::Tensor& table, const char* name);

  void train_weights(Weights& weights);

  std::shared_ptr<const ModelFile> file_;
  Config config_;
  std::string dtype_;
  std::vector<std::int64_t> layers_;
  std::int64_t span_;
  bool queries_;
  std::string train_;
  std::string adapter_;
  std::vector<std::int64_t> trained_tokens_;
  double dropout_;
  AdapterOptions adapters_;
  AdapterFile read_;                // of adapter_, without its parts; `rows` train where train is lora
  std::vector<AdapterPart> parts_;  // the parameters themselves where train is lora
  std::unique_ptr<Model> model_;
};

}  // namespace gistmill::decoder
