// The verbs on models through the real program, on make-believe models whose answers are known by heart
// (tests/plugins/models). What real models answer is real_model_test.cpp's.
#pragma once

#include <gmock/gmock.h>

#include <string>

#include "tests/e2e/program.hpp"

namespace gistmill {

class ModelVerbsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write("m", "letters\n");
    write("begins", "letters\nadd_bos 1\ncontext 8\nstrips_space 1\n");
  }

  // `verb` and its arguments, with the make-believe plugins.
  Answer ask(const std::string& verb, const std::string& before = "", const std::string& after = "") const {
    return gistmill(verb + " --plugins '" GISTMILL_BUILD_DIR "/tests/models' " + after, before);
  }
  // With those of tests/plugins/stranger too.
  Answer ask_strangers(const std::string& verb, const std::string& before = "") const {
    return ask(verb + " --plugins '" GISTMILL_BUILD_DIR "/tests/stranger'", before);
  }
  Answer ask_with(const std::string& verb, const std::string& standard_input) {
    write("in", standard_input);
    return ask(verb, "", "< in");
  }
  void expect_refused(const Answer& answer, int code, const std::string& message) const {
    EXPECT_EQ(answer.code, code) << answer.err;
    EXPECT_EQ(answer.out, "");
    EXPECT_THAT(answer.err, ::testing::HasSubstr(message));
  }
};

}  // namespace gistmill
