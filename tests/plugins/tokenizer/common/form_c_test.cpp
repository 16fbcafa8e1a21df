// The quick check against the plain way; what form C is, normal_forms_test.cpp says.
#include "plugins/tokenizer/common/form_c.hpp"

#include <iterator>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/common/code_table.hpp"
#include "plugins/tokenizer/common/normal_forms.hpp"

namespace gistmill::tokenizer {
namespace {

constexpr int kInert = 254, kChanges = 255;

// clang-format off
constexpr CodeRangeOf<int> kClasses[] = {
#include "plugins/tokenizer/common/nfc_classes.inc"
};
// clang-format on

// Runs of letters, marks and what composes, and whatever else there is: inert characters, bytes that are not
// UTF-8, text longer than a block of the quick check.
TEST(FormC, IsThatOfThePlainWayForRandomText) {
  std::mt19937 random(11);
  const auto some_class = [&] { return kClasses[random() % std::size(kClasses)]; };
  const auto draw = [&]() -> std::int32_t {
    switch (random() % 6) {
      case 0:
        return "aeou "[random() % 5];
      case 1:
        return static_cast<std::int32_t>(0x1100 + random() % 0x100);
      case 2:
        return static_cast<std::int32_t>(0xAC00 + random() % 0x2BA4);
      case 3:
        return static_cast<std::int32_t>(random() % 0xD800);
      default: {
        const auto range = some_class();
        return range.first +
               static_cast<std::int32_t>(random() % static_cast<unsigned>(range.last - range.first + 1));
      }
    }
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t left = random() % 20; left > 0; --left) {
      if (random() % 20 == 0) text += '\xFF';
      if (random() % 20 == 0) text.append(random() % 70, 'x');
      text::append_utf8(text, draw());
    }
    ASSERT_EQ(to_nfc(text), to_normal_form(text, NormalForm::kC)) << "round " << round;
  }
}

TEST(FormC, LeavesTextThatHasItWhereItIs) {
  const std::string text =
      "plain, \xC3\xA9, \xD0\xB8\xD0\xB9, \xE1\xBA\xBF, \xE0\xA4\x95\xE0\xA5\x8D and more of it";
  std::string buffer;
  EXPECT_EQ(in_form_c(text, &buffer).data(), text.data());
}

}  // namespace
}  // namespace gistmill::tokenizer
