// teacher/llama through the C ABI: options, sizes, ports and the gradient, on a tiny model in a real file.
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"
#include "tests/plugins/teacher/decoder/files/gguf_files.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::OptionTable;
using gistmill::test::PluginDriver;
using gistmill::test::random_normal;
using gistmill::test::Refused;
using ::testing::HasSubstr;

// As in the manifest.
enum Operation : std::uint32_t {
  kEmbed,
  kScale,
  kRead,
  kStates,
  kOriginal,
  kResume,
  kHead,
  kHidden,
  kForward,
  kTopk,
  kScore,
  kGenerate,
  kNextTokens,
  kSave,
  kSaveMerged,
  kSaveWithTokens,
  kEntries,
  kAttention,
  kExpectedAttention,
  kGistCache,
  kSaveGistCache,
  kFollow,
  kUnread,
  kFollowOn,
  kBranches,
  kAttended
};

// The inputs of hidden and forward where only the texts are given.
std::vector<at::Tensor> whole(const at::Tensor& ids) {
  const at::Tensor none;
  return {ids, none, none, none, none, none, none};
}

class LlamaPlugin : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ =
        std::filesystem::path(testing::TempDir()) /
        (std::string("gistmill_") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".gguf");
    std::ofstream(path_, std::ios::binary)
        << to_bytes(content_of(tiny_config(), random_source(tiny_config(), 11)));
  }
  void TearDown() override { std::filesystem::remove(path_); }

  OptionTable options(const OptionTable& changes = {}) const {
    OptionTable table = {{"model", path_.string()},
                         {"ignore", std::vector<std::string>()},
                         {"dtype", std::string("f32")},
                         {"layers", std::vector<std::int64_t>{0, 3}},
                         {"span", std::int64_t{8}},
                         {"queries", false},
                         {"future", std::int64_t{512}},
                         {"max_tokens", std::int64_t{5}},
                         {"temperature", 0.0},
                         {"top_p", 1.0},
                         {"gist_cache", std::string()},
                         {"topk", std::int64_t{7}},
                         {"topk_temperature", 1.0},
                         {"branch_rows", std::int64_t{4096}},
                         {"newest", std::int64_t{7}},
                         {"train", std::string("none")},
                         {"adapter", std::string()},
                         {"trainable_tokens", std::vector<std::int64_t>()},
                         {"lora_rank", std::int64_t{4}},
                         {"lora_alpha", 8.0},
                         {"lora_dropout", 0.0},
                         {"lora_layers", std::vector<std::int64_t>{}},
                         {"lora_targets", std::vector<std::string>{"q_proj", "v_proj", "down_proj"}}};
    for (const auto& [key, value] : changes) table[key] = value;
    return table;
  }
  std::unique_ptr<PluginDriver> make(const OptionTable& changes = {}) const {
    auto driver = std::make_unique<PluginDriver>(TEACHER_DECODER_PLUGIN, "teacher/llama", options(changes));
    driver->start({});
    return driver;
  }

  std::filesystem::path path_;
  at::Tensor tokens_ = random_tokens(97, 60, 5);
  at::Tensor spans_ = at::tensor({8, 30}, at::kInt);
  Model model_ = random_model(tiny_config(), 11, 8, at::kFloat, {0, 3});
};

TEST_F(LlamaPlugin, KnowsItsSizesBeforeItStarts) {
  const PluginDriver driver(TEACHER_DECODER_PLUGIN, "teacher/llama", options());
  EXPECT_EQ(driver.symbol("D"), 48);
  EXPECT_EQ(driver.symbol("V"), 97);
  EXPECT_EQ(driver.symbol("L"), 3);
  EXPECT_EQ(driver.symbol("N"), 2);
  EXPECT_EQ(driver.symbol("C"), 640);
}

TEST_F(LlamaPlugin, GivesWhatItsModelGives) {
  const auto driver = make();
  EXPECT_TRUE(at::equal(driver->forward(kEmbed, {tokens_, spans_})[0], model_.embed(tokens_, spans_)));
  EXPECT_TRUE(at::equal(driver->forward(kHead, {})[0], model_.head()));
  const auto scale = driver->forward(kScale, {});
  EXPECT_TRUE(at::equal(scale[0], model_.scale().first));
  EXPECT_TRUE(at::equal(scale[1], model_.scale().second));
  const at::Tensor ids = tokens_.unsqueeze(0);
  const at::Tensor none;
  const Batch batch{ids, none, none, none};
  EXPECT_TRUE(at::equal(driver->forward(kHidden, whole(ids))[0], model_.hidden(batch)));
  EXPECT_TRUE(at::equal(driver->forward(kForward, whole(ids))[0], model_.forward(batch)));
  EXPECT_TRUE(
      at::equal(driver->forward(kScore, {tokens_, none, none, none, none})[0], model_.score(tokens_)));
  const auto top = driver->forward(kTopk, {ids, none, none, none, none, none});
  ASSERT_EQ(top.size(), 4u);
  EXPECT_TRUE(at::equal(top[0], model_.topk(batch, 7, 1.0).ids));
  EXPECT_EQ(top[3].item<float>(), 1.0f);
  const auto softer = driver->forward(kTopk, {ids, none, none, at::scalar_tensor(2.5), none, none});
  EXPECT_TRUE(at::equal(softer[1], model_.topk(batch, 7, 2.5).log_probability));
  EXPECT_EQ(softer[3].item<float>(), 2.5f);
  EXPECT_THROW(driver->forward(kTopk, {ids, none, none, at::scalar_tensor(0.0), none, none}), Refused);
  const auto generated = driver->forward(kGenerate, {ids, none, none, none, none, none, none});
  EXPECT_TRUE(at::equal(generated[0][0], continued(model_, tokens_, 5)));
  EXPECT_EQ(generated[1].item<std::int32_t>(), 5);
  for (const int most : {2, 9}) {
    const auto fewer =
        driver->forward(kGenerate, {ids, none, none, none, none, none, at::scalar_tensor(most, at::kInt)});
    EXPECT_TRUE(at::equal(fewer[0], generated[0].narrow(1, 0, std::min(most, 5)))) << most;
  }
}

TEST_F(LlamaPlugin, TakesAGistAndGivesItsGradient) {
  const auto driver = make();
  const at::Tensor none;
  const at::Tensor ids = tokens_.unsqueeze(0);
  const at::Tensor gist = random_normal({1, 2, 48}, 7, at::kFloat);
  const at::Tensor places = at::tensor({4, 5}, at::kInt).unsqueeze(0);
  const at::Tensor weights = random_normal({1, 60, 48}, 3, at::kFloat);
  const at::Tensor leaf = gist.clone().requires_grad_(true);
  const at::Tensor hidden = model_.hidden({ids, none, none, none, leaf, places});
  const auto expected = ::torch::autograd::grad({(hidden * weights).sum()}, {leaf})[0];
  const auto found = driver->forward_and_vjp(kHidden, {ids, none, none, none, gist, places, none},
                                             {0, 0, 0, 0, 1, 0, 0}, {weights});
  EXPECT_TRUE(at::equal(found.outputs[0], hidden));
  EXPECT_TRUE(at::equal(found.gradients[4], expected));
  const auto generated = driver->forward(kGenerate, {ids, none, none, gist, places, none, none});
  const auto tokens = model_.generate({ids, none, none, none, gist, places}, {5, 0.0, 1.0, 0}).tokens;
  EXPECT_TRUE(at::equal(generated[0], tokens));
}

TEST_F(LlamaPlugin, ChoosesItsType) {
  EXPECT_EQ(make({{"dtype", std::string("bf16")}})->forward(kHead, {})[0].scalar_type(), at::kBFloat16);
  EXPECT_EQ(make({{"dtype", std::string("f32")}})->forward(kHead, {})[0].scalar_type(), at::kFloat);
  EXPECT_TRUE(make({{"dtype", std::string("auto")}})->forward(kHead, {})[0].is_floating_point());
}

TEST_F(LlamaPlugin, TrainsAdaptersThatChangeNothingAtFirst) {
  const auto driver = make({{"train", std::string("lora")}});
  const at::Tensor none;
  const at::Tensor ids = tokens_.unsqueeze(0);
  EXPECT_EQ(driver->parameters().size(), 3u * 3u * 2u);
  EXPECT_TRUE(at::allclose(driver->forward(kForward, whole(ids))[0], model_.forward({ids, none, none, none}),
                           0.0, 1e-6));
}

at::Tensor bytes_of(const std::string& text) {
  return at::tensor(std::vector<std::uint8_t>(text.begin(), text.end()), at::kByte);
}

// The inputs of what saves, where no tokenizer's files are given.
std::vector<at::Tensor> into(const std::filesystem::path& folder) {
  const at::Tensor none;
  return {bytes_of(folder.string()), none, none, none};
}

TEST_F(LlamaPlugin, SavesAnAdapterThatItReadsAgainAndAModelWithItInTheWeights) {
  const std::filesystem::path folder = path_.string() + "_saved";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const at::Tensor none;
  const at::Tensor ids = tokens_.unsqueeze(0);
  const auto logits = [&](PluginDriver& driver) { return driver.forward(kForward, whole(ids))[0]; };
  const auto trained =
      make({{"train", std::string("lora")}, {"trainable_tokens", std::vector<std::int64_t>{96, 5}}});
  EXPECT_EQ(trained->parameters().size(), 3u * 3u * 2u + 1u);
  for (const auto& parameter : trained->parameters()) {
    at::Tensor(parameter.tensor).copy_(random_normal(parameter.tensor.sizes(), 3, at::kFloat) * 0.1);
  }
  trained->forward(kSave, into(folder / "adapter"));
  trained->forward(kSaveMerged, into(folder / "merged"));
  const at::Tensor expected = logits(*trained);
  EXPECT_FALSE(at::allclose(expected, logits(*make()), 1e-2, 1e-2));
  const auto again = make({{"adapter", (folder / "adapter").string()}});
  EXPECT_TRUE(at::allclose(logits(*again), expected, 1e-5, 1e-5));
  const auto merged = make({{"model", (folder / "merged").string()}});
  EXPECT_TRUE(at::allclose(logits(*merged), expected, 1e-4, 1e-4));
  const auto further = make({{"adapter", (folder / "adapter").string()}, {"train", std::string("lora")}});
  EXPECT_EQ(further->parameters().size(), trained->parameters().size());
  EXPECT_TRUE(at::allclose(logits(*further), expected, 1e-5, 1e-5));
  std::filesystem::remove_all(folder);
}

// PEFT's adapters of tables and rows are kept where it trains, saves and merges, as are those that only
// merge.
TEST_F(LlamaPlugin, KeepsWhatPeftTrainedOfTables) {
  const std::filesystem::path folder = path_.string() + "_kept";
  const at::Tensor none;
  for (const char* name : {"llama31-table", "llama31-table-tied", "llama31-head", "llama31-resized",
                           "llama31-resized-tokens", "llama31-only-tokens", "llama2-tables", "llama2-tokens",
                           "llama2-only-tokens", "llama31-ia3", "llama2-tables-dora"}) {
    SCOPED_TRACE(name);
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    const std::string family = std::string(name).substr(0, std::string(name).find('-'));
    const std::string adapter = adapters_folder() + "/" + name;
    const bool trains = !std::string(name).ends_with("ia3") && !std::string(name).ends_with("dora");
    const OptionTable base = {{"model", families_folder() + "/" + family},
                              {"layers", std::vector<std::int64_t>{}}};
    const auto driver = [&](OptionTable changes) {
      changes.insert(base.begin(), base.end());
      return make(changes);
    };
    const at::Tensor expected = load_tensor(adapter + ".expected.safetensors", "logits");
    const at::Tensor ids = expected_of(family).ids.unsqueeze(0);
    const auto differs = [&](PluginDriver& from) {
      return (from.forward(kForward, whole(ids))[0][0] - expected).abs().max().item<double>();
    };
    const auto read = driver({{"adapter", adapter}, {"train", std::string(trains ? "lora" : "none")}});
    EXPECT_LE(differs(*read), 1e-4);
    EXPECT_EQ(read->symbol("V"), expected.size(1));
    read->forward(kSaveMerged, into(folder / "merged"));
    EXPECT_LE(differs(*driver({{"model", (folder / "merged").string()}})), 1e-4);
    if (!trains) {
      EXPECT_THROW(read->forward(kSave, into(folder / "adapter")), Refused);
      EXPECT_THROW(driver({{"adapter", adapter}, {"train", std::string("lora")}}), Refused);
      continue;
    }
    read->forward(kSave, into(folder / "adapter"));
    EXPECT_LE(differs(*driver({{"adapter", (folder / "adapter").string()}})), 1e-4);
  }
  std::filesystem::remove_all(folder);
}

// A model of this family has no place for biases that no matrix of it has.
TEST_F(LlamaPlugin, ReadsNewBiasesOfAnAdapterButNeitherTrainsNorMergesThem) {
  const std::filesystem::path folder = path_.string() + "_biases";
  const at::Tensor none;
  const OptionTable base = {{"model", families_folder() + "/llama31"},
                            {"adapter", adapters_folder() + "/llama31-bias"},
                            {"layers", std::vector<std::int64_t>{}}};
  const auto driver = [&](OptionTable changes) {
    changes.insert(base.begin(), base.end());
    return make(changes);
  };
  const auto refusal = [](const auto& body) -> std::string {
    try {
      body();
      return "";
    } catch (const Refused& refused) {
      EXPECT_EQ(refused.key, "adapter");
      return refused.what();
    }
  };
  const auto read = driver({});
  const at::Tensor expected = load_tensor(adapters_folder() + "/llama31-bias.expected.safetensors", "logits");
  const at::Tensor found = read->forward(kForward, whole(expected_of("llama31").ids.unsqueeze(0)))[0][0];
  EXPECT_LE((found - expected).abs().max().item<double>(), 1e-4);
  const char* unmerged = "(lora_bias) brings biases to matrices that have none in this model, so it cannot";
  EXPECT_THAT(refusal([&] { read->forward(kSaveMerged, into(folder)); }), HasSubstr(unmerged));
  EXPECT_THAT(refusal([&] { driver({{"train", std::string("all")}}); }), HasSubstr(unmerged));
  EXPECT_THAT(refusal([&] {
                driver({{"train", std::string("lora")}});
              }),
              testing::EndsWith("(lora_bias) is read, but not trained further: train = none reads it"));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(LlamaPlugin, ContinuesFromTheGistCacheOfItsOption) {
  const std::string file = path_.string() + ".gist";
  const at::Tensor none;
  const at::Tensor ids = tokens_.unsqueeze(0);
  const at::Tensor places = at::tensor({18, 19}, at::kInt).unsqueeze(0);
  make()->forward(kSaveGistCache, {ids.narrow(1, 0, 20), none, none, none, places, bytes_of(file)});
  at::Tensor mask = at::ones({1, 60, 60}, at::kByte);
  mask[0].narrow(0, 20, 40).narrow(1, 0, 18).zero_();
  const at::Tensor expected = model_.generate({ids, mask, {}, {}}, {5, 0.0, 1.0, 0}).tokens;
  const auto driver = make({{"gist_cache", file}});
  const at::Tensor behind = ids.narrow(1, 20, 40);
  EXPECT_TRUE(
      at::equal(driver->forward(kGenerate, {behind, none, none, none, none, none, none})[0], expected));
  Batch prompt{ids.narrow(1, 0, 20), {}, {}, {}};
  prompt.gist_places = places;
  const auto cache = std::make_shared<GistCache>(model_.gist_cache(prompt));
  const at::Tensor nll = driver->forward(kScore, {behind[0], none, none, none, none})[0];
  EXPECT_TRUE(at::allclose(nll, model_.score(behind[0], cache), 0, 1e-5));
  EXPECT_FALSE(at::allclose(nll, model_.score(behind[0]), 0, 1e-2));
  try {
    make({{"gist_cache", file}, {"train", std::string("lora")}});
    ADD_FAILURE() << "was not refused";
  } catch (const Refused& refusal) {
    EXPECT_EQ(refusal.key, "gist_cache");
    EXPECT_THAT(refusal.what(), HasSubstr("is of the adapter 'none' when this one is"));
  }
  std::filesystem::remove(file);
}

TEST_F(LlamaPlugin, GivesTheAttentionOfTheNewestRowsOfATextWithAGist) {
  const at::Tensor none;
  const at::Tensor ids = tokens_.unsqueeze(0);
  Batch text{ids, none, at::arange(3, 63, at::kInt).unsqueeze(0), none};
  text.gist = random_normal({1, 1, 48}, 5, at::kFloat);
  text.gist_places = at::full({1, 1}, 4, at::kInt);
  const at::Tensor found = make()->forward(kAttended, {ids, text.positions, text.gist, text.gist_places})[0];
  EXPECT_EQ(found.sizes(), at::IntArrayRef({1, 60}));
  EXPECT_TRUE(at::equal(found[0], model_.attended(text, 7))) << "option newest";
}

TEST_F(LlamaPlugin, TrainsAllItsWeights) {
  const auto driver = make({{"train", std::string("all")}});
  EXPECT_EQ(driver->parameters().size(), 2u + 3u * 6u);
}

TEST_F(LlamaPlugin, PointsAtTheOptionThatIsWrong) {
  const auto refused = [&](const OptionTable& changes, const char* key, const char* message) {
    try {
      make(changes);
      ADD_FAILURE() << "was not refused";
    } catch (const Refused& refusal) {
      EXPECT_EQ(refusal.status, GM_ERROR_USER);
      EXPECT_EQ(refusal.key, key);
      EXPECT_THAT(refusal.what(), HasSubstr(message));
    }
  };
  refused({{"model", std::string("no/such/file.gguf")}}, "model", "no/such/file.gguf");
  refused({{"layers", std::vector<std::int64_t>{4}}}, "layers", "layers names 4 when it should name 0");
  refused({{"train", std::string("all")}, {"dtype", std::string("bf16")}}, "dtype",
          "training all weights needs f32");
  refused({{"train", std::string("lora")}, {"lora_targets", std::vector<std::string>{"w_pack"}}},
          "lora_targets", "an adapter's target is 'w_pack' when it should be one of q_proj, k_proj");
}

// A model with a shorter context than the default span can be scored; spans of it are what is refused.
TEST_F(LlamaPlugin, RefusesASpanLongerThanItsContextWhereSpansAreUsedOnly) {
  const auto driver = make({{"span", std::int64_t{641}}});
  EXPECT_TRUE(
      at::equal(driver->forward(kScore, {tokens_, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()})[0],
                model_.score(tokens_)));
  try {
    driver->forward(kEmbed, {tokens_, spans_});
    ADD_FAILURE() << "was not refused";
  } catch (const Refused& refusal) {
    EXPECT_EQ(refusal.key, "span");
    EXPECT_THAT(refusal.what(), HasSubstr("span is 641 when it should be 1 to 640, the context length"));
  }
}

}  // namespace
}  // namespace gistmill::decoder::test
