// Three forms of retention against the paper's, whatever the chunks, the calls and the padding.
#include "plugins/student/retnet/retention.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "tests/plugins/student/retnet/reference.hpp"
#include "tests/plugins/support/gradient_check.hpp"

namespace gistmill::retnet {
namespace {

using gistmill::test::random_normal;
using test::Choice;
using test::distance;

using FormFunction = at::Tensor (*)(const Config&, const at::Tensor&, const Places&, Memory*);
struct NamedForm {
  const char* name;
  FormFunction compute;
};
constexpr NamedForm kForms[] = {{"parallel", parallel}, {"chunkwise", chunkwise}, {"recurrent", recurrent}};

double allowed(at::ScalarType type) { return type == at::kDouble ? 1e-12 : 1e-5; }

// Computes `mixed` in calls of the lengths given, one after another.
at::Tensor in_calls(const Config& config, FormFunction compute, const at::Tensor& mixed,
                    const at::Tensor& mask, const std::vector<std::int64_t>& lengths,
                    const at::Tensor& begins = {}) {
  std::vector<at::Tensor> results;
  Memory memory;
  at::Tensor before;
  std::int64_t first = 0;
  for (const std::int64_t length : lengths) {
    const at::Tensor part = mask.defined() ? mask.narrow(1, first, length) : mask;
    const Places places(config, length, part, before, mixed.options(),
                        begins.defined() ? begins.narrow(1, first, length) : begins);
    results.push_back(compute(config, mixed.narrow(1, first, length), places, &memory));
    before = places.after();
    first += length;
  }
  return at::cat(results, 1);
}

at::Tensor zero_padding(const at::Tensor& result, const at::Tensor& mask) {
  return result * mask.unsqueeze(2).to(result.scalar_type());
}

class RetentionForms : public ::testing::TestWithParam<Choice> {
 protected:
  // Of every form, in f32 and f64.
  void expect_equal(const Config& config, std::int64_t texts, std::int64_t length,
                    const std::vector<std::int64_t>& lengths, const at::Tensor& mask = {}) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const at::Tensor mixed = random_normal({texts, length, config.mixed_width()}, 1, type);
      const at::Tensor expected = test::reference_retention(config, mixed.to(at::kDouble), mask);
      for (const NamedForm& form : kForms) {
        at::Tensor found = in_calls(config, form.compute, mixed, mask, lengths);
        if (mask.defined()) found = zero_padding(found, mask);
        EXPECT_EQ(found.scalar_type(), type);
        EXPECT_LT(distance(found, expected), allowed(type))
            << form.name << " of " << length << " tokens in chunks of " << config.chunk;
      }
    }
  }
  Config config_ = GetParam().config;
};

TEST_P(RetentionForms, EqualThePapersForAnyChunk) {
  for (const std::int64_t chunk : {1, 2, 3, 5, 8, 17, 64}) {
    config_.chunk = chunk;
    expect_equal(config_, 2, 17, {17});
  }
}

TEST_P(RetentionForms, EqualThePapersForAnySplitIntoCalls) {
  for (const std::vector<std::int64_t>& lengths :
       {std::vector<std::int64_t>{1, 16}, {16, 1}, {4, 4, 4, 5}, {3, 9, 1, 1, 3}, {8, 9}}) {
    expect_equal(config_, 2, 17, lengths);
  }
}

TEST_P(RetentionForms, LeaveTheMemoryAsItIsAtPadding) {
  const at::Tensor left = at::arange(13).unsqueeze(0).ge(at::tensor({0, 3, 11}).unsqueeze(1));
  const at::Tensor right = at::arange(13).unsqueeze(0).lt(at::tensor({13, 6, 1}).unsqueeze(1));
  const at::Tensor holes = at::tensor({1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1}).ne(0).expand({3, 13});
  for (const at::Tensor& mask : {left, right, holes}) {
    expect_equal(config_, 3, 13, {13}, mask);
    expect_equal(config_, 3, 13, {5, 1, 7}, mask);
  }
}

TEST_P(RetentionForms, ForgetWhereADocumentBegins) {
  const at::Tensor begins = test::begins_of({{0, 5, 6, 13}, {3, 11}}, 17);
  const at::Tensor end = at::arange(17).unsqueeze(0).lt(at::tensor({17, 15}).unsqueeze(1));
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor mixed = random_normal({2, 17, config_.mixed_width()}, 1, type);
    const at::Tensor expected = test::apart(mixed.to(at::kDouble), begins, [&](const at::Tensor& document) {
      return test::reference_retention(config_, document, {});
    });
    for (const std::int64_t chunk : {1, 2, 5, 8, 64}) {
      config_.chunk = chunk;
      for (const NamedForm& form : kForms) {
        for (const auto& lengths : {std::vector<std::int64_t>{17}, {5, 12}, {4, 1, 7, 5}}) {
          EXPECT_LT(distance(in_calls(config_, form.compute, mixed, {}, lengths, begins), expected),
                    allowed(type))
              << form.name << " in chunks of " << chunk;
          const at::Tensor padded = in_calls(config_, form.compute, mixed, end, lengths, begins);
          EXPECT_LT(distance(zero_padding(padded, end), zero_padding(expected, end)), allowed(type))
              << form.name << " with padding, in chunks of " << chunk;
        }
      }
    }
  }
}

TEST_P(RetentionForms, RememberTheSame) {
  const at::Tensor mask = at::arange(11).unsqueeze(0).ge(at::tensor({0, 4}).unsqueeze(1));
  const at::Tensor mixed = random_normal({2, 11, config_.mixed_width()}, 2);
  const Places places(config_, 11, mask, {}, mixed.options());
  std::vector<Memory> memories(3);
  for (std::size_t form = 0; form < 3; ++form) kForms[form].compute(config_, mixed, places, &memories[form]);
  for (const Memory& memory : memories) {
    EXPECT_LT(distance(memory.values, memories[0].values), 1e-12);
    EXPECT_EQ(memory.keys.defined(), config_.scale_rows);
    if (config_.scale_rows) {
      EXPECT_LT(distance(memory.keys, memories[0].keys), 1e-12);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Choices, RetentionForms, ::testing::ValuesIn(test::choices()),
                         [](const auto& choice) { return choice.param.name; });

TEST(Retention, OfALongTextIsExactToo) {
  Config config = test::small();
  config.chunk = 64;
  const at::Tensor mixed = random_normal({1, 1500, config.mixed_width()}, 3, at::kFloat);
  const at::Tensor expected = [&] {
    const at::Tensor exact = mixed.to(at::kDouble);
    return parallel(config, exact, Places(config, 1500, {}, {}, exact.options()), nullptr);
  }();
  for (const NamedForm& form : kForms) {
    EXPECT_LT(distance(in_calls(config, form.compute, mixed, {}, {700, 800}), expected), 1e-5) << form.name;
  }
}

TEST(Retention, MemoryHasTheSameSizeWhateverTheLength) {
  const Config config = test::small();
  for (const std::int64_t length : {1, 3, 300}) {
    const at::Tensor mixed = random_normal({2, length, config.mixed_width()}, 4);
    Memory memory;
    chunkwise(config, mixed, Places(config, length, {}, {}, mixed.options()), &memory);
    EXPECT_EQ(memory.values.sizes(), (at::IntArrayRef{2, 3, 4, 5}));
  }
}

TEST(Retention, DecaysOfPaperAndTorchscaleDifferButForTheFirstHead) {
  Config config = test::small();
  const std::vector<double> torchscale = log_decays(config);
  config.decay = Decay::kPaper;
  const std::vector<double> paper = log_decays(config);
  EXPECT_NEAR(torchscale[0], std::log(1.0 - 1.0 / 32.0), 1e-15);
  EXPECT_NEAR(torchscale[2], std::log(1.0 - 1.0 / 128.0), 1e-15);
  EXPECT_NEAR(paper[0], std::log(1.0 - 1.0 / 32.0), 1e-15);
  EXPECT_NEAR(paper[1], std::log(1.0 - 1.0 / 128.0), 1e-15);
  EXPECT_NEAR(paper[2], std::log(1.0 - 1.0 / 512.0), 1e-15);
}

}  // namespace
}  // namespace gistmill::retnet
