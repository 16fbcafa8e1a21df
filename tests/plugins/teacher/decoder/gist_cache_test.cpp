// Texts behind a gist cache against the whole text under the gist mask; and the cache's file.
#include "plugins/teacher/decoder/gist_cache.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <gistmill/formats/safetensors.hpp>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/files/gist_cache_file.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;
using ::testing::HasSubstr;

constexpr std::int64_t kGists = 2;

Config narrow_gemma_config() {
  Config config = tiny_gemma_config();
  config.window = 9;
  return config;
}

// The largest difference, as a share of the largest value.
double largest(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).to(at::kDouble).item<double>();
}

// Two texts whose prompts and continuations differ in length, both padded on the left.
class GistCached : public ::testing::TestWithParam<Config> {
 protected:
  static constexpr std::int64_t kPrompt = 16;  // columns, the gist last
  static constexpr std::int64_t kBehind = 9;

  // Of text `i`: tokens of the prompt before the gist, and behind it.
  std::int64_t before(std::int64_t i) const { return i == 0 ? 14 : 5; }
  std::int64_t behind(std::int64_t i) const { return i == 0 ? 4 : 9; }

  Batch prompts() const {
    Batch batch{at::zeros({2, kPrompt}, at::kInt),
                at::zeros({2, kPrompt, kPrompt}, at::kByte),
                at::zeros({2, kPrompt}, at::kInt),
                {},
                gist_,
                {}};
    batch.gist_places = at::tensor({14, 15, 14, 15}, at::kInt).view({2, 2});
    for (std::int64_t i = 0; i < 2; ++i) {
      const std::int64_t padding = kPrompt - kGists - before(i);
      batch.ids[i].narrow(0, padding, before(i)).copy_(ids_[i].narrow(0, 0, before(i)));
      batch.mask[i].narrow(1, padding, kPrompt - padding).fill_(1);
      batch.positions[i].copy_((at::arange(kPrompt, at::kInt) - padding).clamp_min(0));
    }
    return batch;
  }
  // What follows, padded; positions from 0.
  Batch continuations() const {
    Batch batch{at::zeros({2, kBehind}, at::kInt),
                at::zeros({2, kBehind, kBehind}, at::kByte),
                at::zeros({2, kBehind}, at::kInt),
                {}};
    for (std::int64_t i = 0; i < 2; ++i) {
      const std::int64_t padding = kBehind - behind(i);
      batch.ids[i].narrow(0, padding, behind(i)).copy_(ids_[i].narrow(0, 20, behind(i)));
      batch.mask[i].narrow(1, padding, behind(i)).fill_(1);
      batch.positions[i].copy_((at::arange(kBehind, at::kInt) - padding).clamp_min(0));
    }
    return batch;
  }
  // The whole text i, alone, under the gist mask.
  Batch whole(std::int64_t i) const {
    const std::int64_t length = before(i) + kGists + behind(i);
    Batch batch{at::cat({ids_[i].narrow(0, 0, before(i)), at::zeros({kGists}, at::kInt),
                         ids_[i].narrow(0, 20, behind(i))})
                    .unsqueeze(0),
                at::ones({1, length, length}, at::kByte),
                {},
                {},
                gist_.narrow(0, i, 1),
                at::arange(before(i), before(i) + kGists, at::kInt).unsqueeze(0)};
    batch.mask[0].narrow(0, before(i) + kGists, behind(i)).narrow(1, 0, before(i)).zero_();
    return batch;
  }
  std::shared_ptr<const GistCache> cached() const {
    return std::make_shared<GistCache>(model_.gist_cache(prompts()));
  }

  Model model_ = random_model(GetParam(), 11);
  at::Tensor ids_ = random_tokens(97, 2 * 40, 5).view({2, 40});
  at::Tensor gist_ = random_normal({2, kGists, 48}, 7, at::kFloat);
};

TEST_P(GistCached, GivesTheRowsOfTheWholeTextUnderTheMask) {
  Batch batch = continuations();
  batch.cache = cached();
  const at::Tensor found = model_.hidden(batch);
  for (std::int64_t i = 0; i < 2; ++i) {
    const at::Tensor expected = model_.hidden(whole(i))[0].narrow(0, before(i) + kGists, behind(i));
    EXPECT_LE(largest(found[i].narrow(0, kBehind - behind(i), behind(i)), expected), 1e-5) << i;
  }
}

TEST_P(GistCached, ContinuesAsTheWholeTextDoesWithOffsetsOfEachRow) {
  Batch batch = continuations();
  batch.cache = cached();
  const auto found = model_.generate(batch, {8, 0.0, 1.0, 0});
  for (std::int64_t i = 0; i < 2; ++i) {
    const auto expected = model_.generate(whole(i), {8, 0.0, 1.0, 0});
    EXPECT_TRUE(at::equal(found.tokens[i], expected.tokens[0])) << i;
  }
}

TEST_P(GistCached, ContinuesOneTextWithoutAMask) {
  Batch prompt = prompts();
  for (at::Tensor* part : {&prompt.ids, &prompt.mask, &prompt.positions, &prompt.gist, &prompt.gist_places})
    *part = part->narrow(0, 0, 1);
  Batch batch{ids_[0].narrow(0, 20, behind(0)).unsqueeze(0), {}, {}, {}};
  batch.cache = std::make_shared<GistCache>(model_.gist_cache(prompt));
  const auto found = model_.generate(batch, {8, 0.0, 1.0, 0});
  EXPECT_TRUE(at::equal(found.tokens[0], model_.generate(whole(0), {8, 0.0, 1.0, 0}).tokens[0]));
}

TEST_P(GistCached, ScoresAsTheWholeTextDoes) {
  Batch prompt = prompts();
  for (at::Tensor* part : {&prompt.ids, &prompt.mask, &prompt.positions, &prompt.gist, &prompt.gist_places})
    *part = part->narrow(0, 1, 1);
  const at::Tensor text = ids_[1].narrow(0, 20, behind(1));
  const at::Tensor logits = model_.forward(whole(1))[0].narrow(0, before(1) + kGists, behind(1) - 1);
  const at::Tensor expected =
      -at::log_softmax(logits, -1).gather(1, text.narrow(0, 1, behind(1) - 1).to(at::kLong).unsqueeze(1));
  const at::Tensor found = model_.score(text, std::make_shared<GistCache>(model_.gist_cache(prompt)));
  EXPECT_LE(largest(found, expected.squeeze(1)), 1e-5);
}

TEST_P(GistCached, ServesAllTextsOfABatchWhereItIsOfOne) {
  Batch prompt = prompts();
  for (at::Tensor* part : {&prompt.ids, &prompt.mask, &prompt.positions, &prompt.gist, &prompt.gist_places})
    *part = part->narrow(0, 0, 1);
  Batch batch = continuations();
  batch.cache = std::make_shared<GistCache>(model_.gist_cache(prompt));
  const at::Tensor both = model_.hidden(batch);
  for (std::int64_t i = 0; i < 2; ++i) {
    Batch one{ids_[i].narrow(0, 20, behind(i)).unsqueeze(0), {}, {}, {}};
    one.cache = batch.cache;
    EXPECT_LE(largest(both[i].narrow(0, kBehind - behind(i), behind(i)), model_.hidden(one)[0]), 1e-5) << i;
  }
}

// Rows behind the cache that do not see all before them.
TEST_P(GistCached, FollowsAMaskBehindTheCache) {
  Batch batch{ids_.narrow(1, 20, 8), at::ones({2, 8, 8}, at::kByte), {}, {}};
  batch.mask.narrow(1, 5, 3).narrow(2, 0, 2).zero_();
  batch.cache = cached();
  const at::Tensor found = model_.hidden(batch);
  Batch text = whole(0);
  const std::int64_t first = before(0) + kGists;
  const std::int64_t length = first + 8;
  text.ids = at::cat({text.ids.narrow(1, 0, first), batch.ids.narrow(0, 0, 1)}, 1);
  text.mask = at::ones({1, length, length}, at::kByte);
  text.mask[0].narrow(0, first, 8).narrow(1, 0, before(0)).zero_();
  text.mask[0].narrow(0, first + 5, 3).narrow(1, first, 2).zero_();
  EXPECT_LE(largest(found[0], model_.hidden(text)[0].narrow(0, first, 8)), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Cache, GistCached,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_mixed_config(),
                                           narrow_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

TEST(GistCache, TakesTheEmbeddingsOfTheIdsWhereNoVectorsAreGiven) {
  const Model model = random_model(tiny_config(), 11, kGists);
  Batch prompt{random_tokens(97, 12, 5).unsqueeze(0), {}, {}, {}};
  prompt.gist_places = at::tensor({10, 11}, at::kInt).unsqueeze(0);
  const GistCache own = model.gist_cache(prompt);
  EXPECT_EQ(own.origin.gist, "none");
  prompt.gist = model.embed(prompt.ids[0], at::full({1}, 10, at::kInt));
  const GistCache given = model.gist_cache(prompt);
  EXPECT_TRUE(at::allclose(own.keys_values[2], given.keys_values[2], 0, 1e-5));
  EXPECT_EQ(own.origin.prompt, given.origin.prompt);
}

TEST(GistCache, KeepsTheGistAlone) {
  const Model model = random_model(tiny_config(), 11);
  Batch prompt{random_tokens(97, 40, 5).unsqueeze(0), {}, {}, {}};
  prompt.gist_places = at::tensor({10, 11}, at::kInt).unsqueeze(0);
  const GistCache cache = model.gist_cache(prompt);
  EXPECT_EQ(cache.bytes(), 3u * 2u * 2u * 16u * 4u);  // layers, gists, keys and values, bytes
  EXPECT_TRUE(at::equal(cache.next(), at::tensor({12}, at::kLong)));
}

template <class Body>
void expect_refused(const char* key, const char* message, Body&& body) {
  try {
    body();
    ADD_FAILURE() << "was not refused: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_EQ(error.key, key);
    EXPECT_THAT(error.what(), HasSubstr(message));
  }
}

TEST(GistCache, IsRefusedWhereItDoesNotFit) {
  const Model model = random_model(tiny_config(), 11);
  Batch prompt{random_tokens(97, 24, 5).view({2, 12}), {}, {}, {}};
  prompt.gist_places = at::tensor({10, 11, -1, -1}, at::kInt).view({2, 2});
  expect_refused("gist_places", "a text has no gist", [&] { model.gist_cache(prompt); });
  prompt.gist_places = at::tensor({10, 11, 10, 11}, at::kInt).view({2, 2});
  const auto cache = std::make_shared<GistCache>(model.gist_cache(prompt));
  Batch three{random_tokens(97, 3, 5).view({3, 1}), {}, {}, {}};
  three.cache = cache;
  expect_refused("cache", "of 2 texts when the batch has 3", [&] { model.hidden(three); });
  const Model other = random_model(tiny_mixed_config(), 11);
  Batch two{random_tokens(97, 2, 5).view({2, 1}), {}, {}, {}};
  two.cache = cache;
  expect_refused("cache", "another model", [&] { other.hidden(two); });
  two.positions = at::full({2, 1}, 628, at::kInt);  // 12 + 628
  expect_refused("positions", "position 640", [&] { model.hidden(two); });
}

class GistCacheFile : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ =
        (std::filesystem::path(testing::TempDir()) /
         (std::string("gistmill_") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".gist"))
            .string();
    Batch prompt{random_tokens(97, 24, 5).view({2, 12}), {}, {}, {}};
    prompt.gist_places = at::tensor({10, 11, 4, 9}, at::kInt).view({2, 2});
    cache_ = model_.gist_cache(prompt);
    cache_.origin.model = origin_.model;
    cache_.origin.adapter = origin_.adapter;
    write_gist_cache(path_, cache_);
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::shared_ptr<const GistCache> read(const GistOrigin& origin, at::ScalarType dtype = at::kFloat) const {
    return read_gist_cache(path_, tiny_config(), dtype, origin, "gist_cache");
  }

  std::string path_;
  Model model_ = random_model(tiny_config(), 11);
  GistOrigin origin_{"abc", "none", "", ""};
  GistCache cache_;
};

TEST_F(GistCacheFile, GivesWhatWasWritten) {
  const auto found = read(origin_);
  EXPECT_TRUE(at::equal(found->positions, cache_.positions));
  for (std::size_t layer = 0; layer < 3; ++layer)
    EXPECT_TRUE(at::equal(found->keys_values[layer], cache_.keys_values[layer]));
  EXPECT_EQ(found->origin.prompt, cache_.origin.prompt);
  EXPECT_EQ(found->origin.gist, "none");
}

TEST_F(GistCacheFile, NamesBothWhereModelOrAdapterAreOthers) {
  expect_refused("gist_cache", "is of the model 'abc' when this one is xyz", [&] {
    read({"xyz", "none", "", ""});
  });
  expect_refused("gist_cache", "is of the adapter 'none' when this one is lora", [&] {
    read({"abc", "lora", "", ""});
  });
  expect_refused("gist_cache", "'keys_values' is F32", [&] { read(origin_, at::kBFloat16); });
}

TEST_F(GistCacheFile, IsRefusedWhereItsBytesAreWrong) {
  std::ifstream stream(path_, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const auto rewritten = [&](const std::string& contents) {
    std::ofstream(path_, std::ios::binary) << contents;
  };
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, bytes.size() / 2, bytes.size() - 1}) {
    rewritten(bytes.substr(0, length));
    EXPECT_THROW(read(origin_), Error) << length;
  }
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string changed = bytes;
    const std::size_t at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    rewritten(changed.replace(at, from.size(), to));
  };
  replaced("gist-cache/1", "gist-cache/2");
  expect_refused("gist_cache", "when it should be gistmill.gist-cache/1", [&] { read(origin_); });
  replaced("\"gists\":\"2\"", "\"gists\":\"3\"");
  expect_refused("gist_cache", "and has 2", [&] { read(origin_); });
  replaced("\"positions\"", "\"posituons\"");
  expect_refused("gist_cache", "has no tensor 'positions'", [&] { read(origin_); });
  GistCache wrong = cache_;
  wrong.positions = at::tensor({10, 11, 9, 4}, at::kLong).view({2, 2});
  write_gist_cache(path_, wrong);
  expect_refused("gist_cache", "should ascend, 0 to 639", [&] { read(origin_); });
  wrong.positions = cache_.positions;
  wrong.keys_values[1] = at::full_like(wrong.keys_values[1], NAN);
  write_gist_cache(path_, wrong);
  expect_refused("gist_cache", "no numbers", [&] { read(origin_); });
}

TEST_F(GistCacheFile, IsNotWrittenInAFolderThatIsNotThere) {
  EXPECT_THROW(write_gist_cache("/no/such/folder/x.gist", cache_), Error);
}

}  // namespace
}  // namespace gistmill::decoder::test
