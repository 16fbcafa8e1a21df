// tokenizer.model as bytes: what is read, and what is refused.
#include "plugins/tokenizer/sentencepiece/model_file.hpp"

#include <string>

#include <gmock/gmock.h>

#include <gistmill/formats/torn.hpp>

#include "tests/plugins/tokenizer/sentencepiece/model_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::sentencepiece {
namespace {

using test::piece;
using test::refusal;
using test::WireBytes;

TEST(SentencePieceFile, IsReadFieldByField) {
  const std::string trainer =
      WireBytes().number(3, 2).number(35, 1).number(40, 3).number(43, ~0ULL).text(1, "x").str();
  const std::string normalizer = WireBytes().text(1, "identity").number(3, 0).number(4, 0).number(5, 1).str();
  const std::string bytes = WireBytes()
                                .text(1, piece("<unk>", 0, PieceType::kUnknown))
                                .text(1, WireBytes().text(1, "a").str())
                                .text(2, trainer)
                                .text(3, normalizer)
                                .text(7, "unknown to this reader")
                                .str();
  const ModelFile file = parse_model_file(bytes, "x.model");
  ASSERT_EQ(file.pieces.size(), 2u);
  EXPECT_EQ(file.pieces[0], "<unk>");
  EXPECT_EQ(file.types[0], PieceType::kUnknown);
  EXPECT_EQ(file.types[1], PieceType::kNormal);
  EXPECT_EQ(file.model_type, ModelType::kBpe);
  EXPECT_TRUE(file.byte_fallback);
  EXPECT_EQ(file.unk, 3);
  EXPECT_EQ(file.pad, -1);
  EXPECT_EQ(file.normalizer, "identity");
  EXPECT_EQ(file.character_map, "");
  EXPECT_FALSE(file.add_dummy_prefix);
  EXPECT_FALSE(file.remove_extra_whitespaces);
}

TEST(SentencePieceFile, HasDefaults) {
  const ModelFile file = parse_model_file("", "x.model");
  EXPECT_EQ(file.model_type, ModelType::kUnigram);
  EXPECT_FALSE(file.byte_fallback);
  EXPECT_TRUE(file.add_dummy_prefix && file.remove_extra_whitespaces && file.escape_whitespaces);
  EXPECT_EQ(file.bos, 1);
}

std::string complaint(const std::string& bytes) {
  return refusal([&] { parse_model_file(bytes, "x.model"); });
}

TEST(SentencePieceFile, IsRefusedWhereLengthsDoNotMatch) {
  EXPECT_EQ(complaint("\x0A\x05"
                      "ab"),
            "x.model: byte 0: has 5 bytes when 2 are left" + std::string(formats::kTorn));
  EXPECT_EQ(complaint("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
            "x.model: byte 0: has 18446744073709551615 bytes when 0 are left" + std::string(formats::kTorn));
  EXPECT_EQ(complaint("\x0A\x80"), "x.model: byte 0: a number is cut off");
  EXPECT_EQ(complaint(std::string(11, '\xFF')), "x.model: byte 0: a number has more than ten bytes");
  EXPECT_EQ(complaint(WireBytes().text(1, std::string_view("\x15\x01\x01")).str()),
            "x.model: byte 2: has 4 bytes when 2 are left" + std::string(formats::kTorn));
}

TEST(SentencePieceFile, IsRefusedWhereFieldsAreOfAnotherKind) {
  EXPECT_EQ(complaint(WireBytes().number(1, 1).str()),
            "x.model: byte 0: field 1 has wire type 0 when it should be bytes with a length");
  EXPECT_EQ(complaint("\x0B"), "x.model: byte 0: field 1 has unknown wire type 3");
  EXPECT_EQ(complaint(std::string(1, '\0')), "x.model: byte 0: tag 0 is not a field of a message");
  EXPECT_EQ(complaint(WireBytes().text(1, WireBytes().number(3, 9).str()).str()),
            "x.model: byte 2: piece has type 9, expected 1 to 6");
  EXPECT_EQ(complaint(WireBytes().text(2, WireBytes().number(3, 0).str()).str()),
            "x.model: byte 2: model type is 0, expected 1 to 4");
}

}  // namespace
}  // namespace gistmill::sentencepiece
