// confidence/span, confidence/oracle, loss/confidence and metric/confidence: what a gist will cost, predicted
// from its span. K spans, S tokens a span, N recorded layers, D numbers a state.
#include <gistmill/layers.hpp>
#include <gistmill/torch.hpp>

#include <charconv>
#include <cmath>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace {

using gistmill::torch::Builder;
using gistmill::torch::Dropout;
using gistmill::torch::Linear;

// Each vector is normalized by itself: the norms of states differ by orders of magnitude between layers.
at::Tensor unit(const at::Tensor& rows) { return at::layer_norm(rows, {rows.size(-1)}); }

// states [K, S, N, D], gist [K, 1, D] -> [K, (2 N + 1) D]: the mean over the span, its last token, the gist
at::Tensor features(const at::Tensor& states, const at::Tensor& gist) {
  const at::Tensor tokens = unit(states).flatten(2);  // [K, S, N D]
  return at::cat({tokens.mean(1), tokens.select(1, tokens.size(1) - 1), unit(gist.squeeze(1))}, 1);
}

class Network {
 public:
  Network(const Builder& build, std::int64_t features, std::int64_t hidden)
      : up_(build.in("up"), features, hidden), head_(Linear::zero(build.in("head"), hidden, 1)) {}

  // rows [K, F] -> [K]
  at::Tensor operator()(const at::Tensor& rows, const Dropout& dropout) const {
    return at::softplus(head_(dropout(at::gelu(up_(rows))))).squeeze(1);
  }

 private:
  Linear up_;
  Linear head_;
};

class SpanConfidence : public gistmill::torch::Component {
 public:
  explicit SpanConfidence(const gistmill::Options& options)
      : hidden_(options.integer("hidden")), dropout_(options.number("dropout")) {}

  void start(const gistmill::Start& start) {
    const auto add = [this](const std::string& name, const at::Tensor& initial, std::uint32_t flags) {
      return parameter(name, initial, flags);
    };
    const std::int64_t features = (2 * start.symbol("N") + 1) * start.symbol("D");
    network_ = std::make_unique<const Network>(Builder(add, gistmill::torch::generator(start.seed())),
                                               features, hidden_);
  }

  // states [K, S, N, D], gist [K, 1, D] -> predicted [K]
  at::Tensor predict(const gistmill::Call& call, const at::Tensor& states, const at::Tensor& gist) const {
    Dropout dropout;
    if (call.train() && dropout_ > 0)
      dropout = {dropout_, gistmill::torch::generator(call.random_key(), device())};
    return (*network_)(features(states, gist), dropout);
  }

 private:
  std::int64_t hidden_;
  double dropout_;
  std::unique_ptr<const Network> network_;
};

// What the best prediction would be.
class Oracle : public gistmill::torch::Component {
 public:
  explicit Oracle(const gistmill::Options&) {}

  // delta_nll [K, M] -> predicted [K]
  at::Tensor predict(const at::Tensor& delta_nll) const {
    return delta_nll.detach().select(1, 0).nan_to_num().clamp_min(0);
  }
};

class ConfidenceLoss : public gistmill::torch::Component {
 public:
  explicit ConfidenceLoss(const gistmill::Options&) {}

  // predicted [K], delta_nll [K, M] -> []
  at::Tensor value(const at::Tensor& predicted, const at::Tensor& delta_nll) const {
    const at::Tensor measured = delta_nll.detach().select(1, 0);
    const at::Tensor counts = measured.isnan().logical_not();
    const at::Tensor error = at::where(counts, predicted - measured.nan_to_num(), at::zeros_like(predicted));
    return error.square().sum() / counts.sum().clamp_min(1);
  }
};

// Rising numbers, each at least 0.
std::vector<float> thresholds_of(const std::vector<std::string>& texts) {
  const auto refuse = [](const std::string& what) {
    throw gistmill::Error(GM_ERROR_USER, what, "thresholds");
  };
  std::vector<float> thresholds;
  for (const std::string& text : texts) {
    float value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value >= 0))
      refuse("'" + text + "' is no cost in nats, 0 or above");
    if (!thresholds.empty() && value <= thresholds.back())
      refuse("'" + text + "' stands behind a threshold that is not below it");
    thresholds.push_back(value);
  }
  if (thresholds.empty()) refuse("thresholds is empty when it should name one or more");
  return thresholds;
}

class ConfidenceMetric : public gistmill::torch::Component {
 public:
  explicit ConfidenceMetric(const gistmill::Options& options)
      : thresholds_(thresholds_of(options.strings("thresholds"))) {}

  // predicted [K], delta_nll [K, C] -> kept, cost, cost_predicted [K, M], prediction_error [K]
  std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> measure(const at::Tensor& predicted,
                                                                     const at::Tensor& delta_nll) const {
    const at::Tensor measured = delta_nll.select(1, 0);
    const at::Tensor none = measured * 0;  // nan where there is nothing to measure, and so is all else
    const at::Tensor limits = at::tensor(thresholds_, predicted.options());
    const at::Tensor above = predicted.unsqueeze(1) > limits;  // [K, M]
    const auto choose = [&](const at::Tensor& kept, const at::Tensor& other) {
      return at::where(above, (none + kept).unsqueeze(1), (none + other).unsqueeze(1));
    };
    const at::Tensor zero = at::zeros_like(predicted);
    return {choose(zero + 1, zero), choose(zero, measured), choose(zero, predicted),
            (predicted - measured).abs()};
  }

 private:
  std::vector<float> thresholds_;
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<SpanConfidence>("confidence/span").operation("predict", &SpanConfidence::predict),
    gistmill::component<Oracle>("confidence/oracle").operation("predict", &Oracle::predict),
    gistmill::component<ConfidenceLoss>("loss/confidence").operation("value", &ConfidenceLoss::value),
    gistmill::component<ConfidenceMetric>("metric/confidence")
        .operation("measure", &ConfidenceMetric::measure));
