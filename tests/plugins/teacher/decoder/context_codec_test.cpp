// A context comes back from its tensors as it was, and from no others.
#include "plugins/teacher/decoder/context_codec.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using ::testing::HasSubstr;

class ContextCodec : public ::testing::TestWithParam<at::ScalarType> {
 protected:
  ContextForm form() const { return {model_.config(), GetParam(), 2}; }
  NamedTensors<at::Tensor> encoded() const { return encode(*context_, form()); }
  std::string refusal(const NamedTensors<at::Tensor>& tensors) const {
    try {
      decode(tensors, form());
    } catch (const Error& error) {
      EXPECT_EQ(error.code, GM_ERROR_USER);
      return error.what();
    }
    return "";
  }
  NamedTensors<at::Tensor> with(const std::string& name, const at::Tensor& tensor) const {
    NamedTensors<at::Tensor> tensors = encoded();
    for (auto& [found, value] : tensors) {
      if (found == name) value = tensor;
    }
    return tensors;
  }

  Model model_ = random_model(tiny_config(), 3, 32, GetParam(), {1, 3});
  at::Tensor tokens_ = random_tokens(97, 128, 5);
  std::shared_ptr<const Context> context_ = model_.read(tokens_);
};

INSTANTIATE_TEST_SUITE_P(, ContextCodec, ::testing::Values(at::kFloat, at::kBFloat16));

TEST_P(ContextCodec, GivesTheSameContextWithoutACopy) {
  const auto back = decode(encoded(), form());
  EXPECT_EQ(back->bytes(), context_->bytes());
  EXPECT_EQ(back->keys_values[2].data_ptr(), context_->keys_values[2].data_ptr());
  const at::Tensor spans = at::tensor({32, 64}, at::kInt);
  const at::Tensor gist = gistmill::test::random_normal({2, 1, model_.config().width}, 7, at::kFloat);
  const at::Tensor offsets = at::tensor({31, 31}, at::kInt).view({2, 1});
  EXPECT_TRUE(at::equal(model_.resume(*back, spans, gist, offsets, 8),
                        model_.resume(*context_, spans, gist, offsets, 8)));
  EXPECT_TRUE(at::equal(model_.states(*back, spans), model_.states(*context_, spans)));
  EXPECT_TRUE(at::equal(model_.original(*back, spans, 8), model_.original(*context_, spans, 8)));
}

TEST_P(ContextCodec, HoldsEveryByteOfTheContext) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : encoded()) bytes += tensor.nbytes();
  EXPECT_EQ(bytes, context_->bytes()) << "a field of Context is not in the list of its tensors";
}

TEST_P(ContextCodec, RefusesOtherTensors) {
  EXPECT_THAT(refusal({}), HasSubstr("the stored context has no 'tokens'"));
  NamedTensors<at::Tensor> fewer = encoded();
  fewer.pop_back();
  EXPECT_THAT(refusal(fewer), HasSubstr("has no 'last_hidden'"));
  EXPECT_THAT(refusal(with("keys_values.1", at::zeros({127, 32}, GetParam()))),
              HasSubstr("'keys_values.1' of the stored context is "));
  EXPECT_THAT(refusal(with("states", at::zeros({128, 3, model_.config().width}))), HasSubstr("'states'"));
  EXPECT_THAT(refusal(with("last_hidden", at::zeros({128, model_.config().width}, at::kHalf))),
              HasSubstr("'last_hidden' of the stored context is Half[128, "));
}

TEST_P(ContextCodec, RefusesTokensThatTheModelDoesNotKnow) {
  EXPECT_THAT(refusal(with("tokens", at::full({128}, 97, at::kLong))), HasSubstr("token 97 when"));
  EXPECT_THAT(refusal(with("tokens", at::full({128}, -1, at::kLong))), HasSubstr("token -1 when"));
  EXPECT_THAT(refusal(with("tokens", at::empty({0}, at::kLong))), HasSubstr("has 0 tokens"));
}

}  // namespace
}  // namespace gistmill::decoder::test
