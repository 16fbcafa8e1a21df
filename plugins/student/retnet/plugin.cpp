// student/retnet: options, ports and files around the model (model.hpp).
#include <gistmill/torch.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "plugins/student/retnet/folder.hpp"
#include "plugins/student/retnet/initialize.hpp"
#include "plugins/student/retnet/model.hpp"
#include "plugins/student/retnet/names.hpp"

namespace {

using gistmill::Call;
using gistmill::Error;
using gistmill::decoder::ModelFile;
using gistmill::retnet::Config;
using gistmill::retnet::Model;
using gistmill::retnet::ModelFolder;
using Optional = std::optional<at::Tensor>;

// What the function depends on.
Config stated_config(const gistmill::Options& options, const ModelFile* embeddings) {
  namespace retnet = gistmill::retnet;
  const auto or_twice = [](std::int64_t size, std::int64_t width) { return size > 0 ? size : 2 * width; };
  Config config;
  config.vocabulary = options.integer("vocabulary");
  config.end_tokens = options.integers("end_tokens");
  if (embeddings != nullptr) {
    if (config.vocabulary == 0) config.vocabulary = embeddings->config().vocabulary;
    if (config.end_tokens.empty()) config.end_tokens = embeddings->config().end_tokens;
  }
  config.layers = options.integer("layers");
  config.width = options.integer("width");
  config.heads = options.integer("heads");
  config.value_width = or_twice(options.integer("value_width"), config.width);
  config.feed_forward = or_twice(options.integer("feed_forward"), config.width);
  config.decay = retnet::choice_named(options.string("decay"), retnet::decay_names());
  config.head_norm = retnet::choice_named(options.string("head_norm"), retnet::head_norm_names());
  config.activation = retnet::choice_named(options.string("activation"), retnet::activation_names());
  config.scale_decay = options.boolean("scale_decay");
  config.scale_rows = options.boolean("scale_rows");
  config.scale_embedding = options.boolean("scale_embedding");
  config.tied = options.boolean("tied");
  config.epsilon = options.number("epsilon");
  retnet::check(config);
  return config;
}

class RetNet : public gistmill::torch::Component {
 public:
  // Reads headers, so that sizes are known and a wrong file is refused before anything is computed.
  explicit RetNet(const gistmill::Options& options)
      : tokenizer_(options.string("tokenizer")),
        topk_(options.integer("topk")),
        topk_temperature_(options.number("topk_temperature")) {
    open_files(options);
    config_ = folder_ ? folder_->config() : stated_config(options, embeddings_.get());
    if (embeddings_) check_embeddings(*embeddings_, config_);
    if (layers_) check_layers(*layers_, config_);
    config_.chunk = options.integer("chunk");
    config_.form = gistmill::retnet::choice_named(options.string("form"), gistmill::retnet::form_names());
    config_.half = options.string("dtype") == "bf16";
    resets_ = options.string("boundaries") == "reset";
    sampling_.max_tokens = options.integer("max_tokens");
    sampling_.temperature = options.number("temperature");
    sampling_.top_p = options.number("top_p");
  }

  void start(const gistmill::Start& start) {
    const auto add = [this](const std::string& name, const at::Tensor& initial, std::uint32_t flags) {
      return parameter(name, initial, flags);
    };
    const gistmill::torch::Builder build(add, gistmill::torch::generator(start.seed()));
    auto weights = gistmill::retnet::make_weights(config_, build);
    const auto say = [](const std::string& taken) {
      gistmill::log(GM_LOG_INFO, "student starts with " + taken);
    };
    if (folder_) folder_->load(weights);
    if (embeddings_) say(take_embeddings(*embeddings_, config_, weights));
    if (layers_) say(take_layers(*layers_, config_, weights));
    model_ = std::make_unique<Model>(config_, std::move(weights));
  }

  std::int64_t symbol(std::string_view name) const {
    if (name == "D") return config_.width;
    if (name == "V") return config_.vocabulary;
    return -1;
  }
  // Of what a new instance starts with beside its options and seed.
  std::string digest() const {
    std::string result = folder_ ? folder_->digest() : "";
    for (const auto& file : {embeddings_, layers_}) result += file ? file->digest() : "";
    return result;
  }
  std::string describe() const { return folder_ ? folder_->describe() : "{}"; }

  at::Tensor hidden(const at::Tensor& ids, const Optional& mask, const Optional& boundaries) const {
    return model_->hidden(ids, mask.value_or(at::Tensor()), begins(boundaries));
  }
  at::Tensor head() const { return model_->weights().head; }
  at::Tensor forward(const at::Tensor& ids, const Optional& mask, const Optional& boundaries) const {
    return model_->logits(hidden(ids, mask, boundaries));
  }
  std::tuple<at::Tensor, at::Tensor, at::Tensor> topk(const at::Tensor& ids, const Optional& mask,
                                                      const Optional& boundaries) const {
    const Model::Top top =
        model_->topk(ids, mask.value_or(at::Tensor()), topk_, topk_temperature_, begins(boundaries));
    return {top.ids, top.log_probability, top.log_partition};
  }
  at::Tensor score(const at::Tensor& tokens) const { return model_->score(tokens); }
  std::tuple<at::Tensor, at::Tensor> generate(const Call& call, const at::Tensor& prompt,
                                              const Optional& mask) const {
    Model::Sampling sampling = sampling_;
    sampling.seed = call.random_key();
    const Model::Generated generated = model_->generate(prompt, mask.value_or(at::Tensor()), sampling);
    return {generated.tokens, generated.lengths};
  }

  void save(const at::Tensor& folder) const {
    const at::Tensor bytes = folder.contiguous();
    const std::string path(reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>()),
                           static_cast<std::size_t>(bytes.numel()));
    const auto names = gistmill::retnet::write_model(path, config_, model_->weights(), tokenizer_, "folder");
    if (names.size() > 2) return;
    gistmill::log(
        GM_LOG_INFO,
        "no tokenizer's files are saved with the student: the option tokenizer names a folder that has "
        "them; or say it with each verb: --set tokenizer.model=PATH");
  }

 private:
  // What the port says, where the option asks for it.
  at::Tensor begins(const Optional& boundaries) const {
    if (!resets_) return {};
    if (boundaries) return *boundaries;
    throw Error(GM_ERROR_USER,
                "boundaries is \"reset\" when nothing says where documents begin; dataset/packed gives it as "
                "boundaries",
                "boundaries");
  }

  void open_files(const gistmill::Options& options) {
    const std::string model = options.string("model");
    const std::string embeddings = options.string("embeddings_from");
    const std::string layers = options.string("layers_from");
    for (const auto& [key, path] : {std::pair{"embeddings_from", embeddings}, {"layers_from", layers}}) {
      if (model.empty() || path.empty()) continue;
      throw Error(GM_ERROR_USER, std::string(key) + " is set when model is set too: weights come from one",
                  key);
    }
    if (!model.empty()) folder_ = std::make_unique<ModelFolder>(model);
    if (!embeddings.empty()) embeddings_ = gistmill::retnet::open_transformer(embeddings, "embeddings_from");
    if (!layers.empty()) layers_ = gistmill::retnet::open_transformer(layers, "layers_from");
    if (tokenizer_.empty()) tokenizer_ = model.empty() ? embeddings : model;
  }

  std::string tokenizer_;
  bool resets_ = false;  // the memory where a document begins
  std::int64_t topk_;
  double topk_temperature_;
  std::unique_ptr<const ModelFolder> folder_;
  std::shared_ptr<const ModelFile> embeddings_;
  std::shared_ptr<const ModelFile> layers_;
  Config config_;
  Model::Sampling sampling_;
  std::unique_ptr<Model> model_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<RetNet>("student/retnet")
                    .operation("hidden", &RetNet::hidden)
                    .operation("head", &RetNet::head)
                    .operation("forward", &RetNet::forward)
                    .operation("topk", &RetNet::topk)
                    .operation("score", &RetNet::score)
                    .operation("generate", &RetNet::generate)
                    .operation("save", &RetNet::save));
