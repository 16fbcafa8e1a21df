// The model against recorded outputs of torchscale (make_fixtures.py), with its weights in the folder that
// torchscale's names make.
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <functional>
#include <gistmill/formats/json.hpp>
#include <ostream>

#include "plugins/student/retnet/folder.hpp"
#include "tests/plugins/student/retnet/reference.hpp"
#include "tests/plugins/support/network_parameters.hpp"

namespace gistmill::retnet {
namespace {

using test::distance;

const std::string kFixtures = GISTMILL_SOURCE_DIR "/tests/plugins/student/retnet/fixtures/";

struct Setting {
  std::string name;
  std::function<void(Config&)> change;
};
void PrintTo(const Setting& setting, std::ostream* out) { *out << setting.name; }
const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = {
      {"plain", [](Config&) {}},
      {"small_epsilon", [](Config& config) { config.epsilon = 1e-12; }},
      {"large_epsilon", [](Config& config) { config.epsilon = 0.05; }},
      {"gelu", [](Config& config) { config.activation = Activation::kGelu; }},
      {"scaled_embedding", [](Config& config) { config.scale_embedding = true; }},
      {"paper_decay",
       [](Config& config) {
         config.epsilon = 1e-12;
         config.decay = Decay::kPaper;
       }},
      {"layer_norm",
       [](Config& config) {
         config.epsilon = 1e-12;
         config.head_norm = HeadNorm::kLayer;
       }},
  };
  return all;
}

class Torchscale : public ::testing::TestWithParam<Setting> {
 protected:
  Torchscale() {
    GetParam().change(config_);
    config_.chunk = 4;
  }
  // The logits of the fixture's text.
  at::Tensor computed(const Config& config) const {
    const at::NoGradGuard no_grad;
    gistmill::test::NetworkParameters parameters;
    const Weights weights = make_weights(config, parameters.builder());
    folder_.load(weights);
    const Model model(config, weights);
    const at::Tensor ids = at::tensor(outputs_["text"].get<std::vector<std::int64_t>>()).unsqueeze(0);
    return model.logits(model.hidden(ids)).flatten();
  }
  at::Tensor recorded(const std::string& form) const {
    return at::tensor(outputs_["logits"][GetParam().name][form].get<std::vector<double>>(), at::kDouble);
  }
  ModelFolder folder_{kFixtures + "model"};
  nlohmann::json outputs_ = formats::read_json_file(kFixtures + "outputs.json");
  Config config_ = folder_.config();
};

TEST_P(Torchscale, ParallelFormIsEqualInEveryForm) {
  EXPECT_TRUE(config_.scale_decay);
  EXPECT_TRUE(config_.scale_rows);
  for (const Form form : {Form::kParallel, Form::kChunkwise, Form::kRecurrent}) {
    config_.form = form;
    EXPECT_LT(distance(computed(config_), recorded("parallel")), 1e-5);
  }
}

TEST_P(Torchscale, FormsAreAllEqualWhateverIsScaledUpToTheNormsEpsilon) {
  for (const bool decay : {false, true}) {
    for (const bool rows : {false, true}) {
      config_.scale_decay = decay;
      config_.scale_rows = rows;
      const at::Tensor found = computed(config_);
      for (const char* form : {"parallel", "chunkwise", "recurrent"}) {
        // With a large epsilon torchscale's own forms differ: the parallel one scales both, the recurrent one
        // the decays alone, the chunkwise one in a way of its own.
        const std::string own = decay && rows ? "parallel" : decay ? "recurrent" : "";
        const bool equal = GetParam().name != "large_epsilon" || form == own;
        EXPECT_EQ(distance(found, recorded(form)) < 1e-5, equal)
            << form << ", decay " << decay << ", rows " << rows << ": " << distance(found, recorded(form));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, Torchscale, ::testing::ValuesIn(settings()),
                         [](const auto& setting) { return setting.param.name; });

}  // namespace
}  // namespace gistmill::retnet
