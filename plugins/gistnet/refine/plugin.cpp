// gistnet/refine: options, ports and seed around the refinement stack (refine.hpp).
#include <gistmill/gist.hpp>
#include <gistmill/torch.hpp>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "plugins/gistnet/refine/refine.hpp"

namespace {

using gistmill::Call;
using gistmill::Error;

class Refine : public gistmill::torch::Component {
 public:
  explicit Refine(const gistmill::Options& options)
      : hidden_input_(options.string("input") == "hidden"),
        chosen_(options.integers("states")),
        position_(options.string("position")),
        scale_(options.number("scale")),
        dropout_(options.number("dropout")) {
    shape_.width = options.integer("width");
    shape_.heads = options.integer("heads");
    shape_.mlp = options.integer("mlp");
    shape_.layers = options.integer("layers");
    shape_.mid_slots = options.integer("mid_slots");
    shape_.ask_with_last = options.string("query") == "last";
    if (shape_.width % (2 * shape_.heads) != 0) {
      throw Error(GM_ERROR_USER,
                  "width is " + std::to_string(shape_.width) +
                      " when it should be a multiple of twice heads, " + std::to_string(2 * shape_.heads) +
                      ", so that rotary positions find pairs in every head",
                  "width");
    }
  }

  void start(const gistmill::Start& start) {
    shape_.span = start.symbol("S");
    shape_.hidden = start.symbol("D");
    shape_.inputs = shape_.hidden;
    if (hidden_input_) shape_.inputs *= gistmill::torch::count_chosen(chosen_, start.symbol("N"));
    const auto add = [this](const std::string& name, const at::Tensor& initial, std::uint32_t flags) {
      return parameter(name, initial, flags);
    };
    network_ = std::make_unique<gistmill::refine::Network>(
        shape_, gistmill::torch::Builder(add, gistmill::torch::generator(start.seed())));
  }

  // embeddings [K, S, D], embedding_norm [], states [K, S, N, D]
  // -> gist [K, 1, D], offsets [K, 1], attention_entropy [K]
  std::tuple<at::Tensor, at::Tensor, at::Tensor> compress(const Call& call, const at::Tensor& embeddings,
                                                          const at::Tensor& embedding_norm,
                                                          const std::optional<at::Tensor>& states) const {
    gistmill::torch::Dropout dropout;
    if (call.train() && dropout_ > 0) {
      dropout = {dropout_, gistmill::torch::generator(call.random_key(), device())};
    }
    // Only figures read it: steps of a training do not pay for it.
    at::Tensor entropy =
        at::full({embeddings.size(0)}, std::numeric_limits<float>::quiet_NaN(), embeddings.options());
    const at::Tensor correction =
        (*network_)(features(embeddings, embedding_norm, states), dropout, call.train() ? nullptr : &entropy);
    return {gistmill::torch::corrected_last(embeddings, embedding_norm, correction, scale_),
            gistmill::torch::one_place(position_, embeddings), entropy};
  }

 private:
  at::Tensor features(const at::Tensor& embeddings, const at::Tensor& embedding_norm,
                      const std::optional<at::Tensor>& states) const {
    if (!hidden_input_) return gistmill::refine::features_of_embeddings(embeddings, embedding_norm);
    if (!states) {
      throw Error(
          GM_ERROR_USER,
          "port states is not wired when input is \"hidden\"; call the teacher's operation 'states' before",
          "input");
    }
    return gistmill::refine::features_of_states(gistmill::torch::choose_states(*states, chosen_));
  }

  bool hidden_input_;
  std::vector<std::int64_t> chosen_;
  std::string position_;
  double scale_;
  double dropout_;
  gistmill::refine::Shape shape_;
  std::unique_ptr<gistmill::refine::Network> network_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Refine>("gistnet/refine").operation("compress", &Refine::compress));
