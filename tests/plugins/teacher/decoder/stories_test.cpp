// The real, tiny stories260K end to end: known text, byte for byte.
#include <gtest/gtest.h>

#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

constexpr const char* kStory =
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. "
    "One day, she saw a big, red ball. She wanted to play with it, but it was too high.\n"
    "Lily's mom said, \"Lily, let's go to the park.\" Lily was sad and didn't know what to do. "
    "She said, \"I want to play with your ball, but I can't find it.\"\n"
    "Lily was sad and didn't know what to do. She said, \"I'm sorry, Lily. I didn't know what to do.\"\n"
    "Lily didn't want to help her mom, so she";

// The text of a token; bytes that are no token of their own are written as "<0x0A>".
std::string piece_text(const std::string& piece) {
  if (piece.size() == 6 && piece.starts_with("<0x")) {
    return std::string(1, static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16)));
  }
  return piece;
}

std::string decode(const Stories& stories, const at::Tensor& tokens) {
  std::string text;
  for (std::int64_t i = 0; i < tokens.size(0); ++i) {
    text += piece_text(stories.pieces.at(static_cast<std::size_t>(tokens[i].item<std::int32_t>())));
  }
  return text.starts_with(' ') ? text.substr(1) : text;  // the tokenizer's own leading space
}

TEST(Stories260K, TellsTheKnownStoryByteForByte) {
  const auto stories = load_stories();
  if (!stories) GTEST_SKIP() << "no models/stories260K in the folder that GISTMILL_SHARED_DATA names";
  const Model model(
      stories->config,
      load_weights(stories->config, std::make_shared<MemorySource>(stories->source), at::kFloat), {}, 32);
  const at::Tensor tokens = continued(model, at::tensor({1}, at::kInt), 200);
  EXPECT_EQ(tokens.size(0), 200);
  EXPECT_EQ(decode(*stories, tokens), kStory);
}

TEST(Stories260K, HasTheSameHiddenRowsWhetherReadAtOnceOrTokenByToken) {
  const auto stories = load_stories();
  if (!stories) GTEST_SKIP() << "no models/stories260K in the folder that GISTMILL_SHARED_DATA names";
  const Model model(
      stories->config,
      load_weights(stories->config, std::make_shared<MemorySource>(stories->source), at::kFloat), {}, 32);
  const at::Tensor story =
      at::cat({at::tensor({1}, at::kInt), continued(model, at::tensor({1}, at::kInt), 200)});
  const at::Tensor best = model.forward({story.unsqueeze(0), {}, {}, {}})[0].argmax(1).to(at::kInt);
  EXPECT_TRUE(at::equal(best.narrow(0, 0, 200), story.narrow(0, 1, 200)));
}

}  // namespace
}  // namespace gistmill::decoder::test
