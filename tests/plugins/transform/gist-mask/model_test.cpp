// The masks in a real model: what a token may not see changes nothing of it, bit for bit.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/plugins/teacher/decoder/small_models.hpp"
#include "tests/plugins/transform/gist-mask/masked.hpp"

namespace gistmill::gist_mask {
namespace {

using test::Masked;
using test::masked;
using test::Row;

constexpr std::int64_t kWidth = 12;

class GistMaskInStories260K : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto stories = decoder::test::load_stories();
    if (!stories) GTEST_SKIP() << "no models/stories260K in the folder that GISTMILL_SHARED_DATA names";
    model_ = std::make_unique<decoder::Model>(
        stories->config,
        decoder::load_weights(stories->config, std::make_shared<decoder::test::MemorySource>(stories->source),
                              at::kFloat),
        std::vector<std::int64_t>{}, 32);
    ids_ = decoder::test::random_tokens(512, 2 * kWidth, 3).view({2, kWidth});
  }

  // f32[2, T, V]
  at::Tensor logits(const at::Tensor& ids, const Masked& seen) const {
    const at::Tensor mask = at::from_blob(const_cast<std::uint8_t*>(seen.mask.data<std::uint8_t>()),
                                          {2, kWidth, kWidth}, at::kByte)
                                .clone();
    const at::Tensor positions =
        at::from_blob(const_cast<std::int32_t*>(seen.positions.data<std::int32_t>()), {2, kWidth}, at::kInt)
            .clone();
    return model_->forward({ids, mask, positions, {}});
  }
  at::Tensor with_another_token(std::int64_t row, std::int64_t column) const {
    at::Tensor ids = ids_.clone();
    ids[row][column] = (ids[row][column].item<std::int32_t>() + 7) % 512;
    return ids;
  }

  std::unique_ptr<decoder::Model> model_;
  at::Tensor ids_;  // i32[2, T]
  const std::vector<Row> rows_ = {{0, {5, 6}}, {3, {7, 8}}};
};

TEST_F(GistMaskInStories260K, OneTextChangesNoLogitOfAnother) {
  const Masked seen = masked("gist", kWidth, rows_);
  const at::Tensor before = logits(ids_, seen);
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t column = 0; column < kWidth; ++column) {
      const at::Tensor after = logits(with_another_token(row, column), seen);
      EXPECT_TRUE(at::equal(before[1 - row], after[1 - row])) << "row " << row << ", column " << column;
    }
  }
}

TEST_F(GistMaskInStories260K, WithTheNegativeControlNoTokenBehindTheGistFeelsTheTextBefore) {
  const Masked seen = masked("negative", kWidth, rows_);
  const at::Tensor before = logits(ids_, seen);
  for (std::int64_t row = 0; row < 2; ++row) {
    const std::int64_t last = rows_[static_cast<std::size_t>(row)].gists.back();
    for (std::int64_t column = 0; column <= last; ++column) {
      const at::Tensor after = logits(with_another_token(row, column), seen);
      EXPECT_TRUE(at::equal(before[row].slice(0, last + 1), after[row].slice(0, last + 1)))
          << "row " << row << ", column " << column;
    }
  }
}

TEST_F(GistMaskInStories260K, WithVectorsNoTokenFromTheGistOnFeelsTheTextBefore) {
  const Masked seen = masked("vectors", kWidth, rows_);
  const at::Tensor before = logits(ids_, seen);
  for (std::int64_t row = 0; row < 2; ++row) {
    const std::int64_t first = rows_[static_cast<std::size_t>(row)].gists.front();
    for (std::int64_t column = 0; column < first; ++column) {
      const at::Tensor after = logits(with_another_token(row, column), seen);
      EXPECT_TRUE(at::equal(before[row].slice(0, first), after[row].slice(0, first)));
    }
    EXPECT_FALSE(
        at::equal(before[row][kWidth - 1], logits(with_another_token(row, first), seen)[row][kWidth - 1]))
        << "the gist itself is felt";
  }
}

TEST_F(GistMaskInStories260K, ThroughTheGistTheTextBeforeItIsFelt) {
  const Masked seen = masked("gist", kWidth, rows_);
  const at::Tensor before = logits(ids_, seen);
  const at::Tensor after = logits(with_another_token(0, 3), seen);
  EXPECT_FALSE(at::equal(before[0][kWidth - 1], after[0][kWidth - 1]));
}

TEST_F(GistMaskInStories260K, ATokenChangesNoLogitBeforeIt) {
  for (const char* control : {"gist", "negative", "positive", "vectors"}) {
    const Masked seen = masked(control, kWidth, rows_);
    const at::Tensor before = logits(ids_, seen);
    for (std::int64_t column = 1; column < kWidth; ++column) {
      const at::Tensor after = logits(with_another_token(0, column), seen);
      EXPECT_TRUE(at::equal(before[0].slice(0, 0, column), after[0].slice(0, 0, column)))
          << control << ", column " << column;
    }
  }
}

TEST_F(GistMaskInStories260K, PaddingChangesNoLogitOfTheText) {
  const Masked seen = masked("gist", kWidth, rows_);
  const at::Tensor before = logits(ids_, seen);
  const at::Tensor after = logits(with_another_token(1, 2), seen);
  EXPECT_TRUE(at::equal(before[1].slice(0, 3), after[1].slice(0, 3)));
}

}  // namespace
}  // namespace gistmill::gist_mask
