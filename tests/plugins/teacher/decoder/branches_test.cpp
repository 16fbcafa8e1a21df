// Branches of a text against a pass over each edited text, written plainly in f64.
#include <gmock/gmock.h>

#include <gistmill/plugin/values.hpp>
#include <random>

#include "plugins/teacher/decoder/trainable.hpp"
#include "tests/plugins/support/fake_device.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;
using ::testing::HasSubstr;

constexpr std::int64_t kHorizon = 9;

at::Tensor ints(const std::vector<std::int64_t>& values) { return at::tensor(values, at::kLong); }

// Rows by themselves: ids, ascending positions from `place` on, and vectors at some of them.
Batch random_rows(const Config& config, std::int64_t count, std::int64_t place, std::mt19937_64& random) {
  std::vector<std::int64_t> positions, places;
  for (std::int64_t i = 0; i < count; ++i) {
    positions.push_back(place + i);
    if (random() % 4 == 0) places.push_back(i);
  }
  Batch rows{random_tokens(config.vocabulary, std::max<std::int64_t>(count, 1), random())
                 .narrow(0, 0, count)
                 .unsqueeze(0),
             {},
             ints(positions).unsqueeze(0),
             {}};
  rows.gist =
      random_normal({1, static_cast<std::int64_t>(places.size()), config.width}, random(), at::kFloat);
  rows.gist_places = ints(places).unsqueeze(0);
  return rows;
}

// A text, edits of it at any place (the first row, behind the last, nothing taken out, nothing put in), and
// what follows it at a distance, as a gist at the end leaves one.
struct Problem {
  Problem(const Config& config, std::int64_t length, std::int64_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    text = random_rows(config, length, 3, random);
    const std::int64_t end = length + 8;
    std::vector<std::int64_t> first{0, length, length - 1}, removed{1, 0, 1}, added{2, 3, 1};
    while (static_cast<std::int64_t>(first.size()) < count) {
      first.push_back(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(length)));
      const auto left = static_cast<std::uint64_t>(length - first.back());
      removed.push_back(static_cast<std::int64_t>(random() % std::min<std::uint64_t>(left, 7)));
      added.push_back(static_cast<std::int64_t>(random() % 6));
    }
    std::int64_t all = 0;
    for (const std::int64_t rows : added) all += rows;
    edits = {ints(first), ints(removed), ints(added), random_rows(config, all, 0, random)};
    for (std::int64_t i = 0; i < all; ++i)  // anywhere
      edits.rows.positions[0][i] = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
    next = {random_tokens(config.vocabulary, kHorizon, random()), at::ones({kHorizon}), end};
  }

  Batch text;
  Edits edits;
  Continuation next;
};

struct Plain {
  at::Tensor embeddings, positions;  // f64[n, D], i64[n]
};
Plain plain(const Reference& reference, const Batch& rows) {
  at::Tensor embeddings = reference.embed(rows.ids.flatten());
  if (rows.gist_places.numel() > 0) {
    embeddings = embeddings.index_copy(0, rows.gist_places.flatten(), rows.gist[0].to(at::kDouble));
  }
  return {embeddings, rows.positions.flatten()};
}

// log-probabilities f64[H, V] of what follows the text, or the text with `edit` in it; -1: as it is.
at::Tensor expected_rows(const Model& model, const Problem& problem, std::int64_t edit) {
  const Reference reference(model.config(), model.weights());
  const Plain text = plain(reference, problem.text);
  const Plain added = plain(reference, problem.edits.rows);
  std::int64_t first = text.positions.size(0), removed = 0, in = 0, from = 0;
  if (edit >= 0) {
    first = problem.edits.first[edit].item<std::int64_t>();
    removed = problem.edits.removed[edit].item<std::int64_t>();
    in = problem.edits.added[edit].item<std::int64_t>();
    from = problem.edits.added.narrow(0, 0, edit).sum().item<std::int64_t>();
  }
  const Continuation& next = problem.next;
  const auto put_together = [&](const at::Tensor& old, const at::Tensor& put, const at::Tensor& after) {
    return at::cat({old.narrow(0, 0, first), put.narrow(0, from, in), old.slice(0, first + removed), after});
  };
  const at::Tensor embeddings = put_together(text.embeddings, added.embeddings,
                                             reference.embed(next.tokens.narrow(0, 0, next.horizon() - 1)));
  const at::Tensor positions = put_together(text.positions, added.positions,
                                            at::arange(next.position, next.position + next.horizon() - 1));
  const at::Tensor hidden = reference.hidden(embeddings, positions);
  return at::log_softmax(at::matmul(hidden.slice(0, hidden.size(0) - next.horizon()), reference.head().t()),
                         1);
}

double expected_nll(const at::Tensor& rows, const Continuation& next) {
  const at::Tensor mask = next.mask.to(at::kDouble);
  const at::Tensor chosen = rows.gather(1, next.tokens.to(at::kLong).unsqueeze(1)).squeeze(1);
  return (-(chosen * mask).sum() / mask.sum()).item<double>();
}
double expected_kl(const at::Tensor& reference, const at::Tensor& rows, const Continuation& next) {
  const at::Tensor mask = next.mask.to(at::kDouble);
  return (((reference.exp() * (reference - rows)).sum(1) * mask).sum() / mask.sum()).item<double>();
}

// Within 1e-5 of numbers up to 1, relative to larger ones: random weights give tens of nats a token.
void expect_close(const at::Tensor& found, double expected, const std::string& what) {
  EXPECT_NEAR(found.item<double>(), expected, 1e-5 * std::max(1.0, std::abs(expected))) << what;
}

void expect_exact(const Model& model, const Problem& problem, std::int64_t rows) {
  const BranchScores found = model.branches(problem.text, problem.edits, problem.next, rows);
  const at::Tensor base = expected_rows(model, problem, -1);
  expect_close(found.text_nll, expected_nll(base, problem.next), "the text as it is");
  EXPECT_EQ(found.text_kl.item<double>(), 0);
  ASSERT_EQ(found.nll.size(0), problem.edits.count());
  for (std::int64_t i = 0; i < problem.edits.count(); ++i) {
    const at::Tensor edited = expected_rows(model, problem, i);
    expect_close(found.nll[i], expected_nll(edited, problem.next), "nll of edit " + std::to_string(i));
    expect_close(found.kl[i], expected_kl(base, edited, problem.next), "kl of edit " + std::to_string(i));
  }
}

class Branches : public ::testing::TestWithParam<Config> {
 protected:
  Model model_ = random_model(GetParam(), 11);
};

TEST_P(Branches, AreAsPassesOverEachEditedText) {
  for (const std::uint64_t seed : {1u, 2u}) expect_exact(model_, {GetParam(), 60, 10, seed}, 200);
}

TEST_P(Branches, OfATextOfOneRow) { expect_exact(model_, {GetParam(), 1, 5, 4}, 200); }

TEST_P(Branches, GiveTheSameNumbersInPassesOfAnySize) {
  const Problem problem(GetParam(), 60, 12, 7);
  const BranchScores one_by_one = model_.branches(problem.text, problem.edits, problem.next, 1);
  for (const std::int64_t rows : {100, 333, 100000}) {
    const BranchScores packed = model_.branches(problem.text, problem.edits, problem.next, rows);
    EXPECT_TRUE(at::allclose(packed.nll, one_by_one.nll, 1e-6, 1e-6)) << rows;
    EXPECT_TRUE(at::allclose(packed.kl, one_by_one.kl, 1e-6, 1e-6)) << rows;
  }
}

TEST_P(Branches, CountOnlyTheTokensOfTheMask) {
  Problem problem(GetParam(), 50, 8, 9);
  problem.next.mask = at::tensor({1.0f, 1.0f, 0.0f, 1.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f});
  expect_exact(model_, problem, 200);
  Problem other = problem;
  other.next.tokens = problem.next.tokens.clone();
  other.next.tokens.slice(0, 4).fill_(0);  // behind the last that counts
  EXPECT_TRUE(at::equal(model_.branches(problem.text, problem.edits, problem.next, 200).nll,
                        model_.branches(other.text, other.edits, other.next, 200).nll));
  other.next.mask = at::zeros({kHorizon});
  const BranchScores nothing = model_.branches(other.text, other.edits, other.next, 200);
  EXPECT_TRUE(nothing.nll.isnan().all().item<bool>());
  EXPECT_EQ(nothing.kl.size(0), 8);
  EXPECT_TRUE(nothing.text_nll.isnan().item<bool>());
  const auto [nll, hidden] = model_.follow(other.text, other.next);
  EXPECT_TRUE(nll.isnan().item<bool>());
  EXPECT_EQ(hidden.sizes(), (at::IntArrayRef{kHorizon, GetParam().width}));
  EXPECT_EQ(hidden.count_nonzero().item<std::int64_t>(), 0);
}

TEST_P(Branches, CompareWithTheDistributionsOfAnotherContext) {
  Problem problem(GetParam(), 50, 8, 10);
  Problem other(GetParam(), 64, 3, 12);
  other.next = problem.next;
  const at::Tensor context = expected_rows(model_, other, -1);
  problem.next.reference = model_.follow(other.text, problem.next).second;
  const BranchScores found = model_.branches(problem.text, problem.edits, problem.next, 200);
  expect_close(found.text_kl, expected_kl(context, expected_rows(model_, problem, -1), problem.next), "text");
  EXPECT_GT(found.text_kl.item<double>(), 1e-3);
  for (std::int64_t i = 0; i < 8; ++i)
    expect_close(found.kl[i], expected_kl(context, expected_rows(model_, problem, i), problem.next), "edit");
}

TEST_P(Branches, FollowGivesWhatTheTextAsItIsHas) {
  const Problem problem(GetParam(), 80, 4, 13);
  const auto [nll, hidden] = model_.follow(problem.text, problem.next);
  expect_close(nll, expected_nll(expected_rows(model_, problem, -1), problem.next), "nll");
  EXPECT_EQ(hidden.sizes(), (at::IntArrayRef{kHorizon, GetParam().width}));
}

INSTANTIATE_TEST_SUITE_P(Decoder, Branches,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_mixed_config(),
                                           tiny_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

TEST(BranchesOfStories260K, AreAsPassesOverEachEditedText) {
  const auto stories = load_stories();
  if (!stories) GTEST_SKIP() << "no models/stories260K in the folder that GISTMILL_SHARED_DATA names";
  const Model model(
      stories->config,
      load_weights(stories->config, std::make_shared<MemorySource>(stories->source), at::kFloat), {}, 32);
  expect_exact(model, {stories->config, 200, 16, 1}, 1024);
}

TEST(BranchesOfADevice, GiveTheNumbersOfMainMemory) {
  for (const Config& config : {tiny_config(), tiny_gemma_config()}) {
    Weights weights = random_model(config, 11).weights();
    replace_weights(weights, [](const std::string&, const at::Tensor& tensor, bool) {
      return tensor.to(gistmill::test::kFakeDevice);
    });
    const Model device(config, std::move(weights), {}, 32);
    Problem problem(config, 40, 6, 5);
    const BranchScores expected =
        random_model(config, 11).branches(problem.text, problem.edits, problem.next, 90);
    const BranchScores found = device.branches(problem.text, problem.edits, problem.next, 90);
    EXPECT_TRUE(at::allclose(found.nll.cpu(), expected.nll, 1e-6, 1e-5));
    EXPECT_TRUE(at::allclose(found.kl.cpu(), expected.kl, 1e-6, 1e-5));
  }
}

TEST(BranchesThatCannotBe, AreRefused) {
  const Model model = random_model(tiny_config(), 11);
  const auto refused = [&](const auto& change) -> std::string {
    Problem problem(tiny_config(), 20, 4, 1);
    change(problem);
    try {
      model.branches(problem.text, problem.edits, problem.next, 100);
    } catch (const Error& error) {
      EXPECT_EQ(error.code, GM_ERROR_USER);
      return error.key + ": " + error.what();
    }
    return "";
  };
  EXPECT_EQ(refused([](Problem&) {}), "");
  EXPECT_EQ(refused([](Problem& p) {
              p.edits.first[3] = 21;
              p.edits.removed[3] = 0;
            }),
            "first: edit 3 takes out rows 21 to 21 of a text of 20");
  EXPECT_THAT(refused([](Problem& p) { p.edits.removed[1] = 1; }),
              HasSubstr("rows 20 to 21 of a text of 20"));
  EXPECT_THAT(refused([](Problem& p) { p.edits.first[0] = -1; }), HasSubstr("rows -1 to 0"));
  EXPECT_THAT(refused([](Problem& p) { p.edits.added[0] = 100; }),
              HasSubstr("added: edit 0 puts 100 rows in"));
  EXPECT_THAT(refused([](Problem& p) { p.edits.added[0] -= 1; }), HasSubstr("added: edits put "));
  EXPECT_THAT(refused([](Problem& p) {
                p.edits.first[1] = 5;
                p.edits.removed[1] = 15;
                p.edits.added[0] += p.edits.added[1];
                p.edits.added[1] = 0;
              }),
              HasSubstr("removed: edit 1 ends the text early"));
  EXPECT_THAT(refused([](Problem& p) { p.edits.rows.positions[0][0] = 640; }),
              HasSubstr("added_positions: of the rows that edits put in: position 640"));
  EXPECT_THAT(refused([](Problem& p) { p.edits.rows.ids[0][0] = 97; }), HasSubstr("added_tokens: "));
  EXPECT_THAT(refused([](Problem& p) { p.next.position = 640; }), HasSubstr("positions: position 647"));
  EXPECT_THAT(refused([](Problem& p) { p.next.tokens[8] = -1; }), HasSubstr("token -1"));
  EXPECT_THAT(refused([](Problem& p) {
                p.text.ids = p.text.ids.expand({2, -1});
              }),
              HasSubstr("ids: 2 texts when it should be one"));
}

}  // namespace
}  // namespace gistmill::decoder::test
