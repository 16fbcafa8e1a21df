// The mask in a real model: a document among others is read as it is read alone.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "plugins/transform/document-mask/document_mask.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::document_mask {
namespace {

const std::vector<std::int64_t> kLengths = {5, 1, 18};  // of the documents of one sequence
constexpr std::int64_t kLength = 24;

class DocumentMaskInStories260K : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto stories = decoder::test::load_stories();
    if (!stories) GTEST_SKIP() << "no models/stories260K in the folder that GISTMILL_SHARED_DATA names";
    model_ = std::make_unique<decoder::Model>(
        stories->config,
        decoder::load_weights(stories->config, std::make_shared<decoder::test::MemorySource>(stories->source),
                              at::kFloat),
        std::vector<std::int64_t>{}, 32);
    ids_ = decoder::test::random_tokens(512, 2 * kLength, 3).view({2, kLength});
  }
  // The same documents in both sequences.
  decoder::Batch batch() const {
    std::vector<std::int32_t> begins(2 * kLength, 0);
    for (std::int64_t row = 0; row < 2; ++row) {
      std::int64_t at = row * kLength;
      for (const std::int64_t length : kLengths) {
        begins[static_cast<std::size_t>(at)] = 1;
        at += length;
      }
    }
    const DocumentMask component(test::PlainOptions({}).get());
    const auto [mask, positions] = component.mask(Tensor::of(begins, {2, kLength}));
    const at::Tensor seen =
        at::from_blob(const_cast<std::uint8_t*>(mask.data<std::uint8_t>()), {2, kLength, kLength}, at::kByte);
    const at::Tensor places =
        at::from_blob(const_cast<std::int32_t*>(positions.data<std::int32_t>()), {2, kLength}, at::kInt);
    return {ids_, seen.clone(), places.clone(), {}};
  }

  std::unique_ptr<decoder::Model> model_;
  at::Tensor ids_;  // i32[2, T]
};

TEST_F(DocumentMaskInStories260K, EachDocumentIsReadAsItIsReadAlone) {
  const at::Tensor together = model_->forward(batch());  // f32[2, T, V]
  for (std::int64_t row = 0; row < 2; ++row) {
    std::int64_t at = 0;
    for (const std::int64_t length : kLengths) {
      const at::Tensor alone =
          model_->forward({ids_.slice(0, row, row + 1).slice(1, at, at + length), {}, {}, {}});
      const at::Tensor difference = together[row].slice(0, at, at + length) - alone[0];
      EXPECT_LT(difference.abs().max().item<float>(), 1e-5f * alone.abs().max().item<float>())
          << "row " << row << ", from " << at;
      at += length;
    }
  }
}

TEST_F(DocumentMaskInStories260K, WhatTheTeacherSaysOfADocumentDependsOnNoOther) {
  const auto before = model_->topk(batch(), 8, 1.0);
  ids_[0][2] = (ids_[0][2].item<std::int32_t>() + 7) % 512;  // of the first document
  const auto after = model_->topk(batch(), 8, 1.0);
  EXPECT_FALSE(at::equal(before.log_probability[0].slice(0, 0, 5), after.log_probability[0].slice(0, 0, 5)));
  EXPECT_TRUE(at::equal(before.ids[0].slice(0, 5), after.ids[0].slice(0, 5)));
  EXPECT_TRUE(at::equal(before.log_probability[0].slice(0, 5), after.log_probability[0].slice(0, 5)));
}

}  // namespace
}  // namespace gistmill::document_mask
