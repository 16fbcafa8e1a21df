#include "plugins/teacher/decoder/loaded_model.hpp"

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/memory.hpp>

#include <set>
#include <utility>

#include "plugins/teacher/decoder/attention/tiles.hpp"
#include "plugins/teacher/decoder/files/adapter_file.hpp"
#include "plugins/teacher/decoder/files/layout.hpp"
#include "plugins/teacher/decoder/files/new_tokens.hpp"
#include "plugins/teacher/decoder/trainable.hpp"

namespace gistmill::decoder {
namespace {

std::string bytes_of(const std::optional<at::Tensor>& array) {
  if (!array) return "";
  const at::Tensor plain = array->contiguous();
  return {reinterpret_cast<const char*>(plain.const_data_ptr<std::uint8_t>()),
          static_cast<std::size_t>(plain.numel())};
}

// The tokenizer that goes with the weights into a folder.
class GivenTokenizer {
 public:
  GivenTokenizer(const std::optional<at::Tensor>& tokenizer, const std::optional<at::Tensor>& configuration,
                 const std::optional<at::Tensor>& why_none)
      : files_{bytes_of(tokenizer), bytes_of(configuration)}, why_none_(bytes_of(why_none)) {}

  const TokenizerFiles& files() const { return files_; }
  void write(const std::filesystem::path& folder, const ModelFile& model) const {
    if (write_tokenizer(files_, folder)) return;
    log(GM_LOG_WARNING, "what is written has no tokenizer: " + model.path() + " comes without one's files" +
                            (why_none_.empty() ? "" : ", and " + why_none_));
  }

 private:
  TokenizerFiles files_;
  std::string why_none_;
};

}  // namespace

LoadedModel::LoadedModel(const Options& options, const std::vector<std::string>& architectures)
    : file_(open_model(options.string("model"), architectures, options.strings("ignore"))),
      config_(file_->config()),
      dtype_(options.string("dtype")),
      layers_(options.integers("layers")),
      span_(options.integer("span")),
      queries_(options.boolean("queries")),
      train_(options.string("train")),
      adapter_(options.string("adapter")),
      dropout_(options.number("lora_dropout")) {
  adapters_.rank = options.integer("lora_rank");
  adapters_.alpha = options.number("lora_alpha");
  adapters_.targets = options.strings("lora_targets");
  adapters_.layers = options.integers("lora_layers");
  layers_of(config_, adapters_.layers);  // refused here
  trained_tokens_ = options.integers("trainable_tokens");
  check_recorded(config_, layers_);
  read_.vocabulary = config_.vocabulary;
  if (!adapter_.empty()) read_adapter();
  config_.vocabulary = read_.vocabulary;
  check_trained_tokens();
  if (train_ == "all" && dtype_ == "bf16") {
    throw Error(GM_ERROR_USER, "dtype is bf16 when training all weights needs f32", "dtype");
  }
}

void LoadedModel::start(const Start& start) {
  for (const std::string& sentence : file_->notes()) log(GM_LOG_WARNING, sentence);
  const std::string left_out = adapter_.empty() ? adapter_left_out(file_->path()) : "";
  if (!left_out.empty()) log(GM_LOG_WARNING, left_out);
  const at::ScalarType dtype = choose_dtype();
  check_memory(*file_, dtype);
  auto weights = load_weights(config_, source(), dtype, packing(dtype));
  file_->release_pages();
  if (!device().is_cpu()) {
    replace_weights(weights,
                    [this](const std::string&, const at::Tensor& tensor, bool) { return here(tensor); });
  }
  if (train_ == "lora") make_adapters(start.seed());
  for (auto& part : parts_) {
    part.down = here(part.down);
    part.up = here(part.up);
  }
  attach(parts_, config_, weights);
  if (train_ == "lora") train_rows(weights);
  if (train_ == "all") train_weights(weights);
  model_ = std::make_unique<Model>(config_, std::move(weights), layers_, span_, queries_);
}

std::int64_t LoadedModel::symbol(std::string_view name) const {
  if (name == "C") return config_.context;
  if (name == "D") return config_.width;
  if (name == "V") return config_.vocabulary;
  if (name == "L") return config_.layers;
  if (name == "J") return config_.kv_heads;
  if (name == "E") return config_.head_size;
  if (name == "N") return static_cast<std::int64_t>(layers_.size());
  return -1;
}

std::string LoadedModel::digest() const {
  if (adapter_.empty()) return file_->digest();
  formats::Sha256 sha;
  sha.update_field(file_->digest());
  sha.update_field(adapter_digest(adapter_));
  return sha.hex();
}

void LoadedModel::save(const at::Tensor& folder, const std::optional<at::Tensor>& tokenizer_json,
                       const std::optional<at::Tensor>& tokenizer_config,
                       const std::optional<at::Tensor>& no_tokenizer) const {
  if (train_ == "all") {
    const GivenTokenizer given(tokenizer_json, tokenizer_config, no_tokenizer);
    write_folder(text_of(folder), *file_, plan(), model_->weights(), at::kFloat, "folder",
                 [&](const std::filesystem::path& written) { given.write(written, *file_); });
    return;
  }
  if (!read_.only_read.empty()) refuse_what_only_merges("not written");
  if (parts_.empty() && read_.tables.empty() && read_.rows.tokens.empty() && read_.head_rows.tokens.empty()) {
    throw Error(GM_ERROR_USER, "there is nothing to save: train is none, so nothing was trained", "train");
  }
  AdapterFile file = read_;
  file.parts = parts_;
  file.only_rows = read_.only_rows && parts_.empty();
  file.rank = adapters_.rank;
  file.alpha = adapters_.alpha;
  file.dropout = dropout_;
  file.base_model = file_->path();
  write_adapter(text_of(folder), file, config_, "folder");
}

void LoadedModel::save_merged(const at::Tensor& folder, const std::optional<at::Tensor>& tokenizer_json,
                              const std::optional<at::Tensor>& tokenizer_config,
                              const std::optional<at::Tensor>& no_tokenizer) const {
  const GivenTokenizer given(tokenizer_json, tokenizer_config, no_tokenizer);
  write_folder(text_of(folder), *file_, plan(), merged(), merged_dtype(), "folder",
               [&](const std::filesystem::path& written) { given.write(written, *file_); });
}

void LoadedModel::save_with_tokens(const at::Tensor& folder, const at::Tensor& vectors,
                                   const at::Tensor& texts, const std::optional<at::Tensor>& tokenizer_json,
                                   const std::optional<at::Tensor>& tokenizer_config,
                                   const std::optional<at::Tensor>& no_tokenizer) const {
  const GivenTokenizer given(tokenizer_json, tokenizer_config, no_tokenizer);
  const NewTokens tokens =
      new_tokens(text_of(texts), vectors, file_->path(), given.files(), plan().config.vocabulary);
  ModelPlan extended = plan();
  Weights weights = merged();
  add_rows(tokens, extended, weights);
  write_folder(text_of(folder), *file_, extended, weights, merged_dtype(), "folder",
               [&](const std::filesystem::path& written) {
                 given.write(written, *file_);
                 write_tokens(tokens, written);
               });
}

std::string LoadedModel::text_of(const at::Tensor& bytes) { return bytes_of(bytes); }

PassMode LoadedModel::mode(const Call& call) const {
  PassMode mode;
  mode.gradients = train_ != "none";
  if (train_ == "lora" && call.train() && dropout_ > 0.0) {
    mode.dropout = dropout_;
    mode.generator = torch::generator(call.random_key(), device());
  }
  return mode;
}

Weights LoadedModel::merged() const {
  if (train_ == "all") return model_->weights();
  refuse_new_biases();
  Weights weights = load_weights(config_, source(), at::kFloat, Packing::kNone);
  attach(parts_, config_, weights);
  merge_adapters(weights);
  return weights;
}

at::ScalarType LoadedModel::choose_dtype() const {
  const bool native = !device().is_cpu() || tiles::native_bf16();
  const bool bf16 = train_ != "all" && (dtype_ == "bf16" || (dtype_ == "auto" && native));
  std::string why = native ? ", which the processor multiplies natively" : ": no native bf16 here";
  if (!device().is_cpu()) why = " on " + device().str();
  if (dtype_ != "auto") why = ", as asked";
  if (bf16 && !native) why += ": without native bf16 it is slower than f32";
  log(GM_LOG_INFO, std::string("teacher in ") + (bf16 ? "bf16" : "f32") + why);
  return bf16 ? at::kBFloat16 : at::kFloat;
}

Packing LoadedModel::packing(at::ScalarType dtype) const {
  const auto needed = static_cast<std::uint64_t>(load_bytes(file_->plan(), dtype));
  const auto available = formats::available_memory();
  const bool room = available && needed < *available / 4 && device().is_cpu();
  return room && train_ != "all" ? Packing::kMatrices : Packing::kNone;
}

std::string LoadedModel::state_digest() const {
  if (train_ == "none") return adapter_.empty() ? "none" : adapter_digest(adapter_);
  formats::Sha256 sha;
  const auto add = [&](const at::Tensor& values) {
    const at::Tensor plain = values.detach().cpu().contiguous();
    sha.update_field({static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()});
  };
  if (!adapter_.empty()) sha.update_field(adapter_digest(adapter_));
  for (const AdapterPart& part : parts_) {
    add(part.down);
    add(part.up);
  }
  for (const TokenRows* rows : {&read_.rows, &read_.head_rows}) {
    if (rows->values.defined()) add(rows->values);
  }
  if (train_ == "all") {
    Weights weights = model_->weights();  // its tensors are shared
    replace_weights(weights, [&](const std::string&, const at::Tensor& tensor, bool) {
      add(tensor);
      return tensor;
    });
  }
  return sha.hex();
}

void LoadedModel::refuse_what_only_merges(const std::string& lacks) const {
  const char* way_on = read_.has_new_biases ? "" : "; `gistmill export --merge` writes a model that holds it";
  throw Error(GM_ERROR_USER, read_.only_read + " is read, but " + lacks + way_on, "adapter");
}

void LoadedModel::refuse_new_biases() const {
  if (!read_.has_new_biases) return;
  throw Error(GM_ERROR_USER,
              read_.only_read +
                  " brings biases to matrices that have none in this model, so it cannot be merged, as in "
                  "PEFT; go on reading it as an adapter, with train = none",
              "adapter");
}

void LoadedModel::read_adapter() {
  read_ = decoder::read_adapter(adapter_, file_->plan());
  if (train_ == "lora" && !read_.only_read.empty())
    refuse_what_only_merges("not trained further: train = none reads it");
  if (train_ == "all") refuse_new_biases();
  if (read_.rank > 0) {
    adapters_.rank = read_.rank;
    adapters_.alpha = read_.alpha;
  }
  parts_ = std::exchange(read_.parts, {});
}

void LoadedModel::make_adapters(std::uint64_t seed) {
  adapters_.seed = seed;
  if (parts_.empty()) parts_ = decoder::make_adapters(config_, adapters_);
  for (auto& part : parts_) {
    const std::string name = "layers." + std::to_string(part.layer) + "." + part.target;
    part.down = parameter(name + ".lora_A", part.down);
    part.up = parameter(name + ".lora_B", part.up);
  }
}

void LoadedModel::check_trained_tokens() {
  if (trained_tokens_.empty()) return;
  const char* key = "trainable_tokens";
  if (train_ != "lora") {
    throw Error(GM_ERROR_USER, "trains tokens when train is " + train_ + "; set train to lora", key);
  }
  if (!read_.rows.tokens.empty() && read_.rows.tokens != trained_tokens_) {
    throw Error(GM_ERROR_USER, "names other tokens than the adapter trained; leave it out", key);
  }
  std::set<std::int64_t> seen;
  for (const std::int64_t token : trained_tokens_) {
    if (token >= 0 && token < config_.vocabulary && seen.insert(token).second) continue;
    throw Error(GM_ERROR_USER,
                "names token " + std::to_string(token) + " when it should name each once, 0 to " +
                    std::to_string(config_.vocabulary - 1),
                key);
  }
  read_.rows.tokens = trained_tokens_;
}

void LoadedModel::train_rows(Weights& weights) {
  if (!read_.rows.tokens.empty())
    decoder::train_rows(weights, trained_rows(read_.rows, weights.embedding, "token_rows"));
  if (!read_.head_rows.tokens.empty())
    weights.head.trained = trained_rows(read_.head_rows, weights.head.weight, "head_token_rows");
}

std::shared_ptr<const TrainedRows> LoadedModel::trained_rows(TokenRows& rows, const at::Tensor& table,
                                                             const char* name) {
  if (!rows.values.defined())
    rows.values = table.index_select(0, here(at::tensor(rows.tokens))).to(at::kFloat);
  rows.values = parameter(name, here(rows.values), GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY);
  return std::make_shared<const TrainedRows>(rows.values, rows.tokens, config_.vocabulary);
}

void LoadedModel::train_weights(Weights& weights) {
  merge_adapters(weights);
  replace_weights(weights, [this](const std::string& name, const at::Tensor& tensor, bool decays) {
    return parameter(name, tensor, GM_PARAM_TRAINABLE | (decays ? 0u : GM_PARAM_NO_DECAY));
  });
}

}  // namespace gistmill::decoder
