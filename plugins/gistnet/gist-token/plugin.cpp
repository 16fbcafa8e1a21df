// gistnet/gist-token: the trained embeddings of gist tokens. B texts, G gist tokens of each, D hidden size.
#include <gistmill/gist.hpp>
#include <gistmill/torch.hpp>

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <string>
#include <tuple>

namespace {

using gistmill::Error;

// gist_places i32[B, G], in main memory: each row has all of its gist tokens, or none.
void check_places(const at::Tensor& gist_places) {
  const auto places = gist_places.accessor<std::int32_t, 2>();
  for (std::int64_t row = 0; row < places.size(0); ++row) {
    std::int64_t missing = 0;
    for (std::int64_t i = 0; i < places.size(1); ++i) missing += places[row][i] < 0 ? 1 : 0;
    if (missing == 0 || missing == places.size(1)) continue;
    throw Error(GM_ERROR_USER, "row " + std::to_string(row + 1) + " of the batch has " +
                                   std::to_string(places.size(1) - missing) +
                                   " gist tokens when it should have " + std::to_string(places.size(1)) +
                                   ", as the others, or none: -1 in all places");
  }
}

class GistToken : public gistmill::torch::Component {
 public:
  explicit GistToken(const gistmill::Options& options)
      : count_(options.integer("k")),
        vectors_(options.boolean("shared") ? 1 : count_),
        scale_(options.number("scale")) {}

  void start(const gistmill::Start& start) {
    const std::int64_t hidden = start.symbol("D");
    trained_ = parameter("vector", at::zeros({vectors_, hidden}), GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY);
    mean_ = buffer("start", at::zeros({hidden}));
    unit_ = buffer("unit", at::ones({}));
    // One for each place, so that a checkpoint of another k does not fit, where one vector is shared too.
    known_ = buffer("places", at::zeros({count_}));
  }

  // gist_places i32[B, G], embedding_mean [D], embedding_norm [] -> gist [B, G, D]
  at::Tensor place(const at::Tensor& gist_places, const at::Tensor& embedding_mean,
                   const at::Tensor& embedding_norm) {
    check_places(gist_places);
    remember(embedding_mean, embedding_norm);
    const at::Tensor vectors = this->vectors().expand({count_, -1});
    return vectors.unsqueeze(0).expand({gist_places.size(0), -1, -1}).contiguous();
  }

  // -> vectors [N, D], texts u8[M]
  std::tuple<at::Tensor, at::Tensor> tokens() const {
    if (known_.select(0, 0).item<float>() == 0) {
      throw Error(GM_ERROR_USER,
                  "the gist tokens have no vectors yet: they start with the first step of a training");
    }
    std::string texts;
    for (std::int64_t i = 1; i <= vectors_; ++i) {
      texts += (i == 1 ? "[\"<GIST" : ", \"<GIST") + (vectors_ == 1 ? "" : "_" + std::to_string(i)) + ">\"";
    }
    texts += "]";
    const at::Tensor bytes = at::empty({static_cast<std::int64_t>(texts.size())}, at::kByte);
    std::copy(texts.begin(), texts.end(), bytes.mutable_data_ptr<std::uint8_t>());
    return {vectors().detach().clone(), bytes};
  }

 private:
  at::Tensor vectors() const { return mean_ + unit_ * trained_; }  // [vectors, D]

  // The start is of the model as it was at the first call of the training: it stays when the model trains,
  // and comes back with a checkpoint. Without a branch on a value of the device.
  void remember(const at::Tensor& embedding_mean, const at::Tensor& embedding_norm) {
    if (remembered_) return;
    const at::NoGradGuard no_grad;
    const at::Tensor known = known_.select(0, 0).gt(0);
    const at::Tensor unit = scale_ == 0.0
                                ? at::ones_like(embedding_norm)
                                : scale_ * gistmill::torch::embedding_rms(embedding_norm, mean_.size(0));
    mean_.copy_(at::where(known, mean_, embedding_mean));
    unit_.copy_(at::where(known, unit_, unit));
    known_.fill_(1);
    remembered_ = true;
  }

  std::int64_t count_;    // k
  std::int64_t vectors_;  // of their own: k, or 1
  double scale_;
  at::Tensor trained_;  // [vectors, D]
  at::Tensor mean_;     // [D]: where the vectors started
  at::Tensor unit_;     // []: of what is trained
  at::Tensor known_;    // [k]: 1 where mean and unit are those of a model
  bool remembered_ = false;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<GistToken>("gistnet/gist-token")
                    .operation("place", &GistToken::place)
                    .operation("tokens", &GistToken::tokens));
