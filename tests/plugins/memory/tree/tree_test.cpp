// memory/tree: each gist once, level 2 as the plain mean, and that a session goes on from its state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "plugins/memory/tree/component.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/support/refusal.hpp"

namespace gistmill::memory {
namespace {

using gistmill::test::PlainOptions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kBlock = 3;
constexpr std::int64_t kWidth = 2;

Tensor list(const std::vector<std::int32_t>& values) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size())});
}
Tensor row(const std::vector<std::int32_t>& values) {
  return Tensor::of(values, {1, static_cast<std::int64_t>(values.size())});
}
Tensor scalar(std::int32_t value) { return Tensor::of<std::int32_t>({value}, {}); }
template <class T>
std::vector<T> values(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

TreeMemory make(std::int64_t width = kWidth) {
  TreeMemory memory(PlainOptions({}).get());
  const gm_symbol symbol{"D", width};
  gm_start start{};
  start.struct_size = sizeof start;
  start.symbol_count = 1;
  start.symbols = &symbol;
  memory.start(Start(&start));
  return memory;
}

// A history of counting ids, from `first` on.
std::vector<std::int32_t> history(std::int64_t blocks, std::int32_t first = 0) {
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(blocks * kBlock));
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

std::vector<std::int32_t> missing(TreeMemory& memory, const std::vector<std::int32_t>& tokens,
                                  std::int32_t session = 0) {
  return values<std::int32_t>(memory.missing(list(tokens), scalar(kBlock), scalar(session)));
}

// A gist that tells its block: irregular, so that the order of a sum is seen in its bits.
Tensor gists_of(const std::vector<std::int32_t>& spans) {
  std::vector<float> vectors;
  for (const std::int32_t start : spans) {
    vectors.push_back(std::sin(1.0f + static_cast<float>(start)));
    vectors.push_back(1.0f / (3.0f + static_cast<float>(start)));
  }
  return Tensor::of(vectors, {static_cast<std::int64_t>(spans.size()), 1, kWidth});
}

struct Levels {
  Tensor one, two;
};
Levels grow(TreeMemory& memory, std::int64_t blocks, std::int32_t session = 0) {
  const std::vector<std::int32_t> spans = missing(memory, history(blocks), session);
  auto [one, two] = memory.append(list(spans), gists_of(spans));
  return {one, two};
}

std::string refused(const std::function<void()>& call) {
  return gistmill::test::refusal_of([&] { call(); });
}

TEST(TreeMemory, AsksForTheGistOfEachBlockOnce) {
  TreeMemory memory = make();
  EXPECT_THAT(missing(memory, history(2)), ElementsAre(0, 3));
  memory.append(list({0, 3}), gists_of({0, 3}));
  EXPECT_THAT(missing(memory, history(2)), IsEmpty());
  memory.append(list({}), gists_of({}));
  EXPECT_THAT(missing(memory, history(4)), ElementsAre(6, 9));
}

TEST(TreeMemory, GivesLevelOneAsItCameAndLevelTwoAsTheMeanOfItsBlocks) {
  TreeMemory memory = make();
  Levels tree = grow(memory, 1);
  for (int blocks = 2; blocks <= 7; ++blocks) tree = grow(memory, blocks);
  EXPECT_EQ(tree.one.shape(), (std::vector<std::int64_t>{7, kWidth}));
  EXPECT_EQ(tree.two.shape(), (std::vector<std::int64_t>{2, kWidth}));
  const std::vector<float> expected = values<float>(gists_of({0, 3, 6, 9, 12, 15, 18}));
  EXPECT_EQ(values<float>(tree.one), expected);
  for (std::size_t node = 0; node < 2; ++node) {
    for (std::size_t i = 0; i < 2; ++i) {
      const double sum = static_cast<double>(expected[6 * node + i]) + expected[6 * node + 2 + i] +
                         expected[6 * node + 4 + i];
      EXPECT_FLOAT_EQ(values<float>(tree.two)[2 * node + i], static_cast<float>(sum / 3));
    }
  }
  TreeMemory at_once = make();
  EXPECT_EQ(values<float>(grow(at_once, 7).two), values<float>(tree.two)) << "bit for bit";
}

TEST(TreeMemory, BeginsAgainWithAnotherSessionAndWithAnotherHistory) {
  TreeMemory memory = make();
  grow(memory, 4);
  EXPECT_THAT(missing(memory, history(5), 1), ElementsAre(0, 3, 6, 9, 12)) << "another session";
  memory.append(list({0, 3, 6, 9, 12}), gists_of({0, 3, 6, 9, 12}));
  std::vector<std::int32_t> other = history(6);
  other[13] = 99;
  EXPECT_THAT(missing(memory, other, 1), ElementsAre(0, 3, 6, 9, 12, 15))
      << "a token that had a gist is another";
  memory.append(list({0, 3, 6, 9, 12, 15}), gists_of({0, 3, 6, 9, 12, 15}));
  EXPECT_THAT(missing(memory, history(1), 1), ElementsAre(0)) << "a shorter one";
}

TEST(TreeMemory, GathersTheGistsThatAWorkingContextShows) {
  TreeMemory memory = make();
  const Levels tree = grow(memory, 7);
  const Tensor gist = memory.gather(tree.one, tree.two, scalar(kBlock), row({2, 1, 1}), row({9, 18, 0}));
  EXPECT_EQ(gist.shape(), (std::vector<std::int64_t>{1, 3, kWidth}));
  const std::vector<float> one = values<float>(tree.one);
  const std::vector<float> two = values<float>(tree.two);
  EXPECT_THAT(values<float>(gist), ElementsAre(two[2], two[3], one[12], one[13], one[0], one[1]));
  EXPECT_EQ(memory.gather(tree.one, tree.two, scalar(kBlock), row({}), row({})).shape(),
            (std::vector<std::int64_t>{1, 0, kWidth}));
}

TEST(TreeMemory, SaysWhichBlocksAContextShowsAsTheirOwnGists) {
  const TreeMemory memory = make();
  EXPECT_THAT(values<std::int32_t>(memory.shown(row({2, 1, 1}), row({9, 18, 0}))), ElementsAre(18, 0));
  EXPECT_THAT(values<std::int32_t>(memory.shown(row({}), row({}))), IsEmpty());
}

TEST(TreeMemory, PutsNewVectorsInThePlacesOfTheBlocksAndLeavesLevelTwo) {
  const TreeMemory memory = make();
  const Tensor gist = Tensor::of<float>({1, 2, 3, 4, 5, 6}, {1, 3, kWidth});
  const Tensor renewed = Tensor::of<float>({10, 20, 30, 40}, {2, 1, kWidth});
  const Tensor result = memory.renew(gist, row({1, 2, 1}), renewed);
  EXPECT_EQ(result.shape(), gist.shape());
  EXPECT_THAT(values<float>(result), ElementsAre(10, 20, 3, 4, 30, 40));
  const Tensor none = Tensor::of<float>({}, {0, 1, kWidth});
  EXPECT_THAT(values<float>(memory.renew(gist, row({2, 2, 2}), none)), ElementsAre(1, 2, 3, 4, 5, 6));
  try {
    memory.renew(gist, row({1, 1, 1}), renewed);
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "renewed");
    EXPECT_THAT(error.what(), HasSubstr("2 vectors for 3 gists of level 1"));
  }
}

TEST(TreeMemory, GivesNewVectorsTheGradientOfTheirPlacesAlone) {
  const TreeMemory memory = make();
  const Tensor gist = Tensor::of<float>({1, 2, 3, 4, 5, 6}, {1, 3, kWidth});
  const Tensor renewed = Tensor::of<float>({10, 20, 30, 40}, {2, 1, kWidth});
  const Tensor flows = Tensor::of<float>({.1f, .2f, .3f, .4f, .5f, .6f}, {1, 3, kWidth});
  const gm_call call{};
  const std::vector<Tensor> gradients =
      memory.renew_vjp(Call(&call), {gist, row({1, 2, 1}), renewed}, {flows});
  ASSERT_EQ(gradients.size(), 3u);
  EXPECT_EQ(gradients[2].shape(), renewed.shape());
  EXPECT_THAT(values<float>(gradients[2]), ElementsAre(.1f, .2f, .5f, .6f));
  const std::vector<Tensor> nothing =
      memory.renew_vjp(Call(&call), {gist, row({1, 2, 1}), renewed}, {Tensor()});
  EXPECT_THAT(values<float>(nothing[2]), ElementsAre(0, 0, 0, 0));
}

TEST(TreeMemory, GoesOnFromItsStateBitForBit) {
  TreeMemory whole = make();
  for (int blocks = 1; blocks <= 12; ++blocks) {
    TreeMemory resumed = make();
    resumed.load_state(whole.save_state());
    ASSERT_EQ(resumed.save_state(), whole.save_state());
    const Levels expected = grow(whole, blocks % 8 + 1, blocks / 8);
    const Levels found = grow(resumed, blocks % 8 + 1, blocks / 8);
    ASSERT_EQ(values<float>(found.one), values<float>(expected.one));
    ASSERT_EQ(values<float>(found.two), values<float>(expected.two));
  }
}

TEST(TreeMemory, RefusesAStateThatIsNotItsOwnAndStaysAsItWas) {
  TreeMemory memory = make();
  grow(memory, 4);
  const std::string state = memory.save_state();
  std::string longer = state + "x";
  std::string sizes = state;
  sizes[sizes.find('\n') + 1 + 4 * 8] = 120;  // more gists than blocks
  for (const std::string& bad : {std::string(), std::string("nonsense"), longer, sizes,
                                 state.substr(0, state.size() - 1), state.substr(0, 40)}) {
    EXPECT_THAT(refused([&] { memory.load_state(bad); }), HasSubstr("not written by this memory/tree"));
    EXPECT_EQ(memory.save_state(), state);
  }
  TreeMemory wider = make(4);
  EXPECT_THAT(refused([&] { wider.load_state(state); }),
              HasSubstr("its gists have 2 numbers when the model has 4"));
}

TEST(TreeMemory, RefusesWhatCannotBe) {
  TreeMemory memory = make();
  EXPECT_THAT(refused([&] { memory.append(list({}), gists_of({})); }), HasSubstr("before a history"));
  EXPECT_EQ(refused([&] {
              memory.missing(list({1, 2, 3, 4}), scalar(3), scalar(0));
            }),
            "tokens: a history of 4 tokens when it should be whole blocks of 3");
  EXPECT_THAT(refused([&] { memory.missing(list({1}), scalar(1), scalar(0)); }),
              HasSubstr("block: a block of 1"));
  missing(memory, history(3));
  EXPECT_THAT(refused([&] {
                memory.append(list({0, 3}), gists_of({0, 3}));
              }),
              HasSubstr("spans: these are not"));
  EXPECT_THAT(refused([&] { memory.append(list({0, 6, 3}), gists_of({0, 6, 3})); }), HasSubstr("spans: "));
  const Levels tree = grow(memory, 4);
  const auto gather = [&](std::int32_t level, std::int32_t start) {
    return refused([&] { memory.gather(tree.one, tree.two, scalar(kBlock), row({level}), row({start})); });
  };
  EXPECT_EQ(gather(0, 0), "gist_levels: a gist of level 0 when levels are 1 and 2");
  EXPECT_EQ(
      gather(2, 9),
      "gist_starts: the tree has no gist of level 2 at token 9; it has 1 of that level, each of 9 tokens");
  EXPECT_THAT(gather(1, 12), HasSubstr("it has 4 of that level"));
  EXPECT_THAT(gather(1, 4), HasSubstr("no gist of level 1 at token 4"));
  EXPECT_THAT(gather(1, -3), HasSubstr("no gist of level 1 at token -3"));
}

}  // namespace
}  // namespace gistmill::memory
