// gistnet/contextual: options, ports and seed around the pooling network (contextual.hpp).
#include <gistmill/gist.hpp>
#include <gistmill/torch.hpp>

#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "plugins/gistnet/contextual/contextual.hpp"

namespace {

using gistmill::Call;

constexpr float kNotMeasured = std::numeric_limits<float>::quiet_NaN();

class Contextual : public gistmill::torch::Component {
 public:
  explicit Contextual(const gistmill::Options& options)
      : chosen_(options.integers("states")),
        position_(options.string("position")),
        scale_(options.number("scale")) {
    shape_.pool = options.string("tokens") == "all";
    shape_.width = options.integer("width");
    shape_.heads = options.integer("heads");
    shape_.mlp = options.integer("mlp");
    if (shape_.width % shape_.heads != 0) {
      throw gistmill::Error(GM_ERROR_USER,
                            "width is " + std::to_string(shape_.width) +
                                " when it should be a multiple of heads, " + std::to_string(shape_.heads),
                            "width");
    }
  }

  void start(const gistmill::Start& start) {
    shape_.span = start.symbol("S");
    shape_.hidden = start.symbol("D");
    shape_.states = gistmill::torch::count_chosen(chosen_, start.symbol("N"));
    const auto add = [this](const std::string& name, const at::Tensor& initial, std::uint32_t flags) {
      return parameter(name, initial, flags);
    };
    network_ = std::make_unique<gistmill::contextual::Network>(
        shape_, gistmill::torch::Builder(add, gistmill::torch::generator(start.seed())));
  }

  // embeddings [K, S, D], embedding_norm [], states [K, S, N, D]
  // -> gist [K, 1, D], offsets [K, 1], attention_entropy [K]
  std::tuple<at::Tensor, at::Tensor, at::Tensor> compress(const Call& call, const at::Tensor& embeddings,
                                                          const at::Tensor& embedding_norm,
                                                          const at::Tensor& states) const {
    // Only figures read it: steps of a training do not pay for it.
    at::Tensor entropy = at::full({embeddings.size(0)}, kNotMeasured, embeddings.options());
    const at::Tensor correction =
        (*network_)(gistmill::torch::choose_states(states, chosen_), call.train() ? nullptr : &entropy);
    return {gistmill::torch::corrected_last(embeddings, embedding_norm, correction, scale_),
            gistmill::torch::one_place(position_, embeddings), entropy};
  }

 private:
  std::vector<std::int64_t> chosen_;
  std::string position_;
  double scale_;
  gistmill::contextual::Shape shape_;
  std::unique_ptr<gistmill::contextual::Network> network_;
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<Contextual>("gistnet/contextual").operation("compress", &Contextual::compress));
