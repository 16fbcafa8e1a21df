// teacher/llama: options, sizes and ports around the model (model.hpp).
#include <gistmill/formats/digest.hpp>
#include <gistmill/torch.hpp>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "plugins/teacher/llama/gguf_model.hpp"
#include "plugins/teacher/llama/model.hpp"
#include "plugins/teacher/llama/tiles.hpp"

template <>
struct gistmill::ObjectType<gistmill::llama::Context> {
  static constexpr const char* name = "llama.context/1";
};

namespace {

using gistmill::llama::Context;
using ContextPointer = std::shared_ptr<const Context>;

class Llama : public gistmill::torch::Component {
 public:
  // Reads the file's header, so that sizes are known and a wrong file is refused before anything is computed.
  explicit Llama(const gistmill::Options& options)
      : path_(options.string("model")),
        dtype_(options.string("dtype")),
        layers_(options.integers("layers")),
        span_(options.integer("span")),
        max_tokens_(options.integer("max_tokens")),
        file_(std::make_unique<gistmill::llama::GgufModel>(path_)),
        config_(file_->config()) {
    gistmill::llama::check_recorded(config_, layers_);
  }

  // Loads the weights: about four bytes a parameter of memory in f32, two in bf16.
  void start(const gistmill::Start&) {
    const bool native = gistmill::llama::tiles::native_bf16();
    const bool bf16 = dtype_ == "bf16" || (dtype_ == "auto" && native);
    gistmill::log(GM_LOG_INFO, std::string("teacher in ") + (bf16 ? "bf16" : "f32") +
                                   (native ? ": the processor multiplies bf16 natively"
                                           : ": the processor has no native bf16"));
    model_ = std::make_unique<gistmill::llama::Model>(
        config_, gistmill::llama::load_weights(config_, *file_, bf16 ? at::kBFloat16 : at::kFloat), layers_,
        span_);
    file_.reset();
  }

  std::int64_t symbol(std::string_view name) const {
    if (name == "D") return config_.width;
    if (name == "V") return config_.vocabulary;
    if (name == "L") return config_.layers;
    if (name == "N") return static_cast<std::int64_t>(layers_.size());
    return -1;
  }

  std::string digest() const { return gistmill::formats::sha256_file(path_); }

  at::Tensor embed(const at::Tensor& tokens, const at::Tensor& spans) const {
    return model_->embed(tokens, spans);
  }
  std::tuple<at::Tensor, at::Tensor> scale() const { return model_->scale(); }
  ContextPointer read(const at::Tensor& tokens) const { return model_->read(tokens); }
  at::Tensor states(const ContextPointer& context, const at::Tensor& spans) const {
    return model_->states(*context, spans);
  }
  at::Tensor original(const ContextPointer& context, const at::Tensor& spans,
                      const at::Tensor& targets) const {
    return model_->original(*context, spans, targets.size(1));
  }
  at::Tensor resume(const ContextPointer& context, const at::Tensor& spans, const at::Tensor& gist,
                    const at::Tensor& offsets, const at::Tensor& targets) const {
    return model_->resume(*context, spans, gist, offsets, targets.size(1));
  }
  at::Tensor head() const { return model_->head(); }
  at::Tensor forward(const at::Tensor& ids) const { return model_->forward(ids); }
  at::Tensor generate(const at::Tensor& prompt) const { return model_->generate(prompt, max_tokens_); }

 private:
  std::string path_;
  std::string dtype_;
  std::vector<std::int64_t> layers_;
  std::int64_t span_;
  std::int64_t max_tokens_;
  std::unique_ptr<gistmill::llama::GgufModel> file_;  // null once the weights are loaded
  gistmill::llama::Config config_;
  std::unique_ptr<gistmill::llama::Model> model_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Llama>("teacher/llama")
                    .operation("embed", &Llama::embed)
                    .operation("scale", &Llama::scale)
                    .operation("read", &Llama::read)
                    .operation("states", &Llama::states)
                    .operation("original", &Llama::original)
                    .operation("resume", &Llama::resume)
                    .operation("head", &Llama::head)
                    .operation("forward", &Llama::forward)
                    .operation("generate", &Llama::generate));
