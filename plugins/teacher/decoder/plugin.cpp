// teacher/llama, teacher/gemma and teacher/gpt2: options, sizes and ports around the model (model.hpp).
#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/memory.hpp>
#include <gistmill/torch.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "plugins/teacher/decoder/adapters.hpp"
#include "plugins/teacher/decoder/attention/tiles.hpp"
#include "plugins/teacher/decoder/context_codec.hpp"
#include "plugins/teacher/decoder/files/adapter_file.hpp"
#include "plugins/teacher/decoder/files/folder_writer.hpp"
#include "plugins/teacher/decoder/files/layout.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/files/new_tokens.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "plugins/teacher/decoder/trainable.hpp"
#include "plugins/teacher/decoder/trained_rows.hpp"

template <>
struct gistmill::ObjectType<gistmill::decoder::Context> {
  static constexpr const char* name = "decoder.context/1";
};

namespace {

using gistmill::Call;
using gistmill::Error;
using gistmill::decoder::Batch;
using gistmill::decoder::Context;
using gistmill::decoder::PassMode;
using ContextPointer = std::shared_ptr<const Context>;
using Optional = std::optional<at::Tensor>;

Batch batch_of(const at::Tensor& ids, const Optional& mask, const Optional& positions,
               const Optional& embeddings, const Optional& gist, const Optional& gist_places) {
  const at::Tensor none;
  return {ids,
          mask.value_or(none),
          positions.value_or(none),
          embeddings.value_or(none),
          gist.value_or(none),
          gist_places.value_or(none)};
}

class Decoder : public gistmill::torch::Component {
 public:
  // Reads the file's header, so that sizes are known and a wrong file is refused before anything is computed.
  Decoder(const gistmill::Options& options, const std::vector<std::string>& architectures)
      : file_(
            gistmill::decoder::open_model(options.string("model"), architectures, options.strings("ignore"))),
        config_(file_->config()),
        dtype_(options.string("dtype")),
        layers_(options.integers("layers")),
        span_(options.integer("span")),
        queries_(options.boolean("queries")),
        future_(options.integer("future")),
        topk_(options.integer("topk")),
        topk_temperature_(options.number("topk_temperature")),
        train_(options.string("train")),
        adapter_(options.string("adapter")),
        dropout_(options.number("lora_dropout")) {
    sampling_.max_tokens = options.integer("max_tokens");
    sampling_.temperature = options.number("temperature");
    sampling_.top_p = options.number("top_p");
    adapters_.rank = options.integer("lora_rank");
    adapters_.alpha = options.number("lora_alpha");
    adapters_.targets = options.strings("lora_targets");
    trained_tokens_ = options.integers("trainable_tokens");
    gistmill::decoder::check_recorded(config_, layers_);
    read_.vocabulary = config_.vocabulary;
    if (!adapter_.empty()) read_adapter();
    config_.vocabulary = read_.vocabulary;
    check_trained_tokens();
    if (train_ == "all" && dtype_ == "bf16") {
      throw Error(GM_ERROR_USER, "dtype is bf16 when training all weights needs f32", "dtype");
    }
  }

  // Loads the weights: about four bytes a parameter of memory in f32, two in bf16.
  void start(const gistmill::Start& start) {
    for (const std::string& sentence : file_->notes()) gistmill::log(GM_LOG_WARNING, sentence);
    const at::ScalarType dtype = choose_dtype();
    gistmill::decoder::check_memory(*file_, dtype);
    auto weights = gistmill::decoder::load_weights(config_, source(), dtype, packing(dtype));
    file_->release_pages();
    if (!device().is_cpu()) {
      gistmill::decoder::replace_weights(
          weights, [this](const std::string&, const at::Tensor& tensor, bool) { return here(tensor); });
    }
    if (train_ == "lora") make_adapters(start.seed());
    for (auto& part : parts_) {
      part.down = here(part.down);
      part.up = here(part.up);
    }
    gistmill::decoder::attach(parts_, config_, weights);
    if (train_ == "lora") train_rows(weights);
    if (train_ == "all") train_weights(weights);
    model_ =
        std::make_unique<gistmill::decoder::Model>(config_, std::move(weights), layers_, span_, queries_);
  }

  std::int64_t symbol(std::string_view name) const {
    if (name == "C") return config_.context;
    if (name == "D") return config_.width;
    if (name == "V") return config_.vocabulary;
    if (name == "L") return config_.layers;
    if (name == "J") return config_.kv_heads;
    if (name == "E") return config_.head_size;
    if (name == "N") return static_cast<std::int64_t>(layers_.size());
    return -1;
  }
  std::string digest() const {
    if (adapter_.empty()) return file_->digest();
    gistmill::formats::Sha256 sha;
    sha.update_field(file_->digest());
    sha.update_field(gistmill::decoder::adapter_digest(adapter_));
    return sha.hex();
  }
  std::string describe() const { return file_->describe(); }

  at::Tensor embed(const at::Tensor& tokens, const at::Tensor& spans) const {
    return model_->embed(tokens, spans);
  }
  std::tuple<at::Tensor, at::Tensor> scale() const { return model_->scale(); }
  ContextPointer read(const at::Tensor& tokens) const { return model_->read(tokens); }
  gistmill::NamedTensors<at::Tensor> encode_object(const Context& context) const {
    return gistmill::decoder::encode(context, form());
  }
  ContextPointer decode_object(const gistmill::NamedTensors<at::Tensor>& tensors) const {
    return gistmill::decoder::decode(tensors, form());
  }
  at::Tensor states(const ContextPointer& context, const at::Tensor& spans) const {
    return model_->states(*context, spans);
  }
  at::Tensor original(const ContextPointer& context, const at::Tensor& spans,
                      const at::Tensor& targets) const {
    return model_->original(*context, spans, targets.size(1));
  }
  at::Tensor resume(const ContextPointer& context, const at::Tensor& spans, const at::Tensor& gist,
                    const at::Tensor& offsets, const at::Tensor& targets, const Optional& kept) const {
    return model_->resume(*context, spans, gist, offsets, targets.size(1), kept.value_or(at::Tensor()));
  }
  std::tuple<at::Tensor, at::Tensor, at::Tensor> entries(const ContextPointer& context,
                                                         const at::Tensor& spans) const {
    const gistmill::decoder::Entries entries = model_->entries(*context, spans);
    return {entries.keys, entries.values, entries.key_mean};
  }
  at::Tensor attention(const ContextPointer& context, const at::Tensor& spans) const {
    return model_->attention(*context, spans);
  }
  at::Tensor expected_attention(const ContextPointer& context, const at::Tensor& spans) const {
    return model_->expected_attention(*context, spans, future_);
  }
  at::Tensor head() const { return model_->head(); }

  at::Tensor hidden(const Call& call, const at::Tensor& ids, const Optional& mask, const Optional& positions,
                    const Optional& embeddings, const Optional& gist, const Optional& gist_places) const {
    return model_->hidden(batch_of(ids, mask, positions, embeddings, gist, gist_places), mode(call));
  }
  at::Tensor forward(const Call& call, const at::Tensor& ids, const Optional& mask, const Optional& positions,
                     const Optional& embeddings, const Optional& gist, const Optional& gist_places) const {
    return model_->forward(batch_of(ids, mask, positions, embeddings, gist, gist_places), mode(call));
  }
  std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> topk(const at::Tensor& ids, const Optional& mask,
                                                                  const Optional& positions,
                                                                  const Optional& temperature,
                                                                  const Optional& gist,
                                                                  const Optional& gist_places) const {
    const double taken = temperature ? temperature->item<double>() : topk_temperature_;
    if (!(taken > 0 && std::isfinite(taken))) {
      throw Error(GM_ERROR_USER, "temperature is " + std::to_string(taken) + " when it should be above 0",
                  "temperature");
    }
    const auto top = model_->topk(batch_of(ids, mask, positions, {}, gist, gist_places), topk_, taken);
    return {top.ids, top.log_probability, top.log_partition, at::full({}, taken, at::kFloat)};
  }
  at::Tensor score(const at::Tensor& tokens) const { return model_->score(tokens); }
  std::tuple<at::Tensor, at::Tensor> generate(const Call& call, const at::Tensor& prompt,
                                              const Optional& mask, const Optional& positions,
                                              const Optional& gist, const Optional& gist_places) const {
    auto sampling = sampling_;
    sampling.seed = call.random_key();
    const auto generated =
        model_->generate(batch_of(prompt, mask, positions, {}, gist, gist_places), sampling);
    return {generated.tokens, generated.lengths};
  }

  // What was trained, as others read it: a PEFT adapter, or a Hugging Face folder of all weights.
  void save(const at::Tensor& folder) const {
    if (train_ == "all") {
      gistmill::decoder::write_folder(text_of(folder), *file_, plan(), model_->weights(), at::kFloat,
                                      "folder");
      return;
    }
    if (!read_.only_read.empty()) refuse_what_only_merges("not written");
    if (parts_.empty() && read_.tables.empty() && read_.rows.tokens.empty() &&
        read_.head_rows.tokens.empty()) {
      throw Error(GM_ERROR_USER, "there is nothing to save: train is none, so nothing was trained", "train");
    }
    gistmill::decoder::AdapterFile file = read_;
    file.parts = parts_;
    file.only_rows = read_.only_rows && parts_.empty();
    file.rank = adapters_.rank;
    file.alpha = adapters_.alpha;
    file.dropout = dropout_;
    file.base_model = file_->path();
    gistmill::decoder::write_adapter(text_of(folder), file, config_, "folder");
  }

  // A Hugging Face folder with the adapters added to the weights, which are read anew and summed in f32.
  void save_merged(const at::Tensor& folder) const {
    gistmill::decoder::write_folder(text_of(folder), *file_, plan(), merged(), merged_dtype(), "folder");
  }

  // The same with rows for new tokens.
  void save_with_tokens(const at::Tensor& folder, const at::Tensor& vectors, const at::Tensor& texts) const {
    const auto tokens =
        gistmill::decoder::new_tokens(text_of(texts), vectors, file_->path(), plan().config.vocabulary);
    gistmill::decoder::ModelPlan extended = plan();
    auto weights = merged();
    gistmill::decoder::add_rows(tokens, extended, weights);
    gistmill::decoder::write_folder(
        text_of(folder), *file_, extended, weights, merged_dtype(), "folder",
        [&](const std::filesystem::path& written) { gistmill::decoder::write_tokens(tokens, written); });
  }

 private:
  gistmill::decoder::Weights merged() const {
    if (train_ == "all") return model_->weights();
    auto weights =
        gistmill::decoder::load_weights(config_, source(), at::kFloat, gistmill::decoder::Packing::kNone);
    gistmill::decoder::attach(parts_, config_, weights);
    gistmill::decoder::merge_adapters(weights);
    return weights;
  }
  at::ScalarType merged_dtype() const {
    return train_ == "all" || dtype_ == "f32" ? at::kFloat : at::kBFloat16;
  }

  gistmill::decoder::ContextForm form() const {
    return {config_, model_->dtype(), static_cast<std::int64_t>(layers_.size()), queries_};
  }

  // Says what it chose and why.
  at::ScalarType choose_dtype() const {
    const bool native = !device().is_cpu() || gistmill::decoder::tiles::native_bf16();
    const bool bf16 = train_ != "all" && (dtype_ == "bf16" || (dtype_ == "auto" && native));
    std::string why = native ? ", which the processor multiplies natively" : ": no native bf16 here";
    if (!device().is_cpu()) why = " on " + device().str();
    if (dtype_ != "auto") why = ", as asked";
    if (bf16 && !native) why += ": without native bf16 it is slower than f32";
    gistmill::log(GM_LOG_INFO, std::string("teacher in ") + (bf16 ? "bf16" : "f32") + why);
    return bf16 ? at::kBFloat16 : at::kFloat;
  }

  PassMode mode(const Call& call) const {
    PassMode mode;
    mode.gradients = train_ != "none";
    if (train_ == "lora" && call.train() && dropout_ > 0.0) {
      mode.dropout = dropout_;
      mode.generator = gistmill::torch::generator(call.random_key(), device());
    }
    return mode;
  }

  // A second, faster copy of the matrices where it leaves most of the memory free, and they stay as they are.
  gistmill::decoder::Packing packing(at::ScalarType dtype) const {
    const auto needed = static_cast<std::uint64_t>(gistmill::decoder::load_bytes(file_->plan(), dtype));
    const auto available = gistmill::formats::available_memory();
    const bool room = available && needed < *available / 4 && device().is_cpu();
    return room && train_ != "all" ? gistmill::decoder::Packing::kMatrices
                                   : gistmill::decoder::Packing::kNone;
  }

  static std::string text_of(const at::Tensor& text) {
    const at::Tensor bytes = text.contiguous();
    return {reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>()),
            static_cast<std::size_t>(bytes.numel())};
  }

  [[noreturn]] void refuse_what_only_merges(const std::string& lacks) const {
    throw Error(GM_ERROR_USER,
                read_.only_read + " is read, but " + lacks +
                    "; `gistmill export --merge` writes a model that holds it",
                "adapter");
  }

  // What the file says of rank, alpha and targets counts.
  void read_adapter() {
    read_ = gistmill::decoder::read_adapter(adapter_, file_->plan());
    if (train_ == "lora" && !read_.only_read.empty())
      refuse_what_only_merges("not trained further: train = none reads it");
    if (read_.rank > 0) {
      adapters_.rank = read_.rank;
      adapters_.alpha = read_.alpha;
    }
    parts_ = std::exchange(read_.parts, {});
  }

  gistmill::decoder::ModelPlan plan() const { return read_.plan_of(file_->plan()); }

  // The model's tensors, with what an adapter's file puts in their place.
  std::shared_ptr<const gistmill::decoder::TensorSource> source() const {
    return gistmill::decoder::with_replaced(file_, read_);
  }

  void make_adapters(std::uint64_t seed) {
    adapters_.seed = seed;
    if (parts_.empty()) parts_ = gistmill::decoder::make_adapters(config_, adapters_);
    for (auto& part : parts_) {
      const std::string name = "layers." + std::to_string(part.layer) + "." + part.target;
      part.down = parameter(name + ".lora_A", part.down);
      part.up = parameter(name + ".lora_B", part.up);
    }
  }

  // Those of the adapter's file go on; others start as the model has them.
  void check_trained_tokens() {
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

  void train_rows(gistmill::decoder::Weights& weights) {
    if (!read_.rows.tokens.empty())
      gistmill::decoder::train_rows(weights, trained_rows(read_.rows, weights.embedding, "token_rows"));
    if (!read_.head_rows.tokens.empty())
      weights.head.trained = trained_rows(read_.head_rows, weights.head.weight, "head_token_rows");
  }

  // Parameters that start as the adapter's file has them, or else the table.
  std::shared_ptr<const gistmill::decoder::TrainedRows> trained_rows(gistmill::decoder::TokenRows& rows,
                                                                     const at::Tensor& table,
                                                                     const char* name) {
    if (!rows.values.defined())
      rows.values = table.index_select(0, here(at::tensor(rows.tokens))).to(at::kFloat);
    rows.values = parameter(name, here(rows.values), GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY);
    return std::make_shared<const gistmill::decoder::TrainedRows>(rows.values, rows.tokens,
                                                                  config_.vocabulary);
  }

  void train_weights(gistmill::decoder::Weights& weights) {
    gistmill::decoder::merge_adapters(weights);
    gistmill::decoder::replace_weights(
        weights, [this](const std::string& name, const at::Tensor& tensor, bool decays) {
          return parameter(name, tensor, GM_PARAM_TRAINABLE | (decays ? 0u : GM_PARAM_NO_DECAY));
        });
  }

  std::shared_ptr<const gistmill::decoder::ModelFile> file_;
  gistmill::decoder::Config config_;
  std::string dtype_;
  std::vector<std::int64_t> layers_;
  std::int64_t span_;
  bool queries_;
  std::int64_t future_;
  std::int64_t topk_;
  double topk_temperature_;
  std::string train_;
  std::string adapter_;
  std::vector<std::int64_t> trained_tokens_;
  double dropout_;
  gistmill::decoder::Model::Sampling sampling_;
  gistmill::decoder::AdapterOptions adapters_;
  gistmill::decoder::AdapterFile read_;  // of adapter_, without its parts; `rows` train where train is lora
  std::vector<gistmill::decoder::AdapterPart> parts_;  // the parameters themselves where train is lora
  std::unique_ptr<gistmill::decoder::Model> model_;
};

struct Llama : Decoder {
  explicit Llama(const gistmill::Options& options)
      : Decoder(options, {"llama", "mistral", "smollm3", "qwen2", "qwen3"}) {}
};

struct Gemma : Decoder {
  explicit Gemma(const gistmill::Options& options) : Decoder(options, {"gemma3_text"}) {}
};

struct Gpt2 : Decoder {
  explicit Gpt2(const gistmill::Options& options) : Decoder(options, {"gpt2"}) {}
};

template <class Family>
auto family(const char* name) {
  return gistmill::component<Family>(name)
      .operation("embed", &Decoder::embed)
      .operation("scale", &Decoder::scale)
      .operation("read", &Decoder::read)
      .operation("states", &Decoder::states)
      .operation("original", &Decoder::original)
      .operation("resume", &Decoder::resume)
      .operation("head", &Decoder::head)
      .operation("hidden", &Decoder::hidden)
      .operation("forward", &Decoder::forward)
      .operation("topk", &Decoder::topk)
      .operation("score", &Decoder::score)
      .operation("generate", &Decoder::generate)
      .operation("save", &Decoder::save)
      .operation("save_merged", &Decoder::save_merged)
      .operation("save_with_tokens", &Decoder::save_with_tokens)
      .operation("entries", &Decoder::entries)
      .operation("attention", &Decoder::attention)
      .operation("expected_attention", &Decoder::expected_attention);
}

}  // namespace

GISTMILL_PLUGIN(family<Llama>("teacher/llama"), family<Gemma>("teacher/gemma"), family<Gpt2>("teacher/gpt2"));
