// Decimal numbers as the doubles that `tokenizers` 0.23.3 made of them: the expected values are what it wrote
// back.
#include "plugins/tokenizer/common/score_number.hpp"

#include <gmock/gmock.h>

namespace gistmill::tokenizer {
namespace {

struct Recorded {
  const char* text;
  double value;
};

TEST(ScoreNumber, IsTheDoubleOfTheReferenceAlsoWhereThatIsNotTheNearest) {
  for (const auto& [text, value] : {Recorded{"-9.407782619829203", -0x1.2d0c8e2301657p+3},
                                    {"-16.277534737394765", -0x1.0470c843c9d4dp+4},
                                    {"-17.816955209734689", -0x1.1d123fa041b78p+4},
                                    {"-19.126954329390765", -0x1.320801434d1a6p+4},
                                    {"-15.697327292408911", -0x1.f65081537024fp+3},
                                    {"-18.045730467818482", -0x1.20bb4fdefb60ep+4},
                                    {"0", 0.0},
                                    {"-0.0", -0.0},
                                    {"1", 1.0},
                                    {"-3", -3.0},
                                    {"1e3", 1000.0},
                                    {"-1.5E-7", -0x1.421f5f40d8376p-23},
                                    {"12345678901234567890123", 0x1.4ea15b273b38ap+73},
                                    {"1.7976931348623157e308", 0x1.fffffffffffffp+1023},
                                    {"5e-324", 0x0.0000000000001p-1022},
                                    {"123456789012345678.5", 0x1.b69b4ba630f35p+56},
                                    {"-2.014292478561401", -0x1.01d455fffffffp+1},
                                    {"1e-400", 0.0},
                                    {"0e999", 0.0}}) {
    ASSERT_TRUE(score_of(text)) << text;
    EXPECT_EQ(*score_of(text), value) << text;
  }
  EXPECT_NE(*score_of("-9.407782619829203"), -9.407782619829203);
}

TEST(ScoreNumber, IsNoneWhereItIsTooLarge) {
  for (const char* text : {"1e309", "1e99999999999999999999", "12e308"}) EXPECT_FALSE(score_of(text)) << text;
  EXPECT_EQ(score_of("1e-99999999999999999999"), 0.0);
}

}  // namespace
}  // namespace gistmill::tokenizer
