// Which streams get color, redrawing and blocks.
#include "plugins/logger/progress/look.hpp"

#include <gtest/gtest.h>

namespace gistmill::progress {
namespace {

Environment terminal() {
  Environment environment;
  environment.term = "xterm-256color";
  environment.lang = "en_US.UTF-8";
  return environment;
}

TEST(Look, OfATerminalHasEverything) {
  const Look look = look_of(terminal(), true);
  EXPECT_TRUE(look.redraws);
  EXPECT_TRUE(look.color);
  EXPECT_TRUE(look.utf8);
}

TEST(Look, OfAFileIsPlain) {
  const Look look = look_of(terminal(), false);
  EXPECT_FALSE(look.redraws);
  EXPECT_FALSE(look.color);
}

TEST(Look, OfADumbOrUnknownTerminalIsPlain) {
  for (const char* term : {"dumb", ""}) {
    Environment environment = terminal();
    environment.term = term;
    EXPECT_FALSE(look_of(environment, true).redraws);
    EXPECT_FALSE(look_of(environment, true).color);
  }
}

TEST(Look, CanBeForcedToColor) {
  Environment environment = terminal();
  environment.clicolor_force = "1";
  EXPECT_TRUE(look_of(environment, false).color);
  EXPECT_FALSE(look_of(environment, false).redraws);
  environment.clicolor_force = "0";
  EXPECT_FALSE(look_of(environment, false).color);
}

TEST(Look, HasNoColorWhereItIsUnwantedEvenIfForced) {
  Environment environment = terminal();
  environment.no_color = "1";
  environment.clicolor_force = "1";
  EXPECT_FALSE(look_of(environment, true).color);
  EXPECT_TRUE(look_of(environment, true).redraws);
}

TEST(Look, TakesTheEncodingFromTheFirstLocaleVariableThatIsSet) {
  Environment environment = terminal();
  environment.lc_all = "C";
  EXPECT_FALSE(look_of(environment, true).utf8);
  environment.lc_all = "";
  environment.lc_ctype = "C.utf8";
  environment.lang = "C";
  EXPECT_TRUE(look_of(environment, true).utf8);
  EXPECT_FALSE(look_of(Environment{}, true).utf8);
}

TEST(Look, GivesAWidthWhereThereIsNoTerminal) { EXPECT_EQ(terminal_width(-1), 80); }

}  // namespace
}  // namespace gistmill::progress
