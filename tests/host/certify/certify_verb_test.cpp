// The verb: what a sound plugin gets, what is said of it, how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/host/certify/certified_plugin.hpp"

namespace gistmill::test {
namespace {

using testing::HasSubstr;

TEST(Certify, ASoundPluginPassesEveryCheck) {
  const Certified answer = certified_file(certified_library("sound"), "");
  EXPECT_EQ(answer.code, 0) << answer.json.dump(2);
  EXPECT_EQ(answer.json["certified"], true);
  EXPECT_EQ(answer.json["failed"], 0) << answer.faults();
  EXPECT_GE(answer.json["passed"], 13);
  EXPECT_EQ(answer.json["not_checked"], 0) << answer.json.dump(2);
}

TEST(Certify, OtherSeedsFindNothingInASoundPluginEither) {
  for (const char* seed : {"2", "3", "17", "18446744073709551615"}) {
    for (const char* check : {"gradients", "effects", "ports", "state"}) {
      const Certified answer =
          certified_file(certified_library("sound"), std::string("--check ") + check + " --seed " + seed);
      EXPECT_EQ(answer.code, 0) << answer.json.dump(2);
    }
  }
}

TEST(Certify, AFailedCheckNamesTheCommandThatFailsAgain) {
  const Certified answer =
      certified_file(certified_library("sound"), "--check gradients --seed 5 --set fault=gradient-sign");
  ASSERT_EQ(answer.json["checks"].size(), 1);
  const std::string again = answer.json["checks"][0]["repeat"];
  EXPECT_THAT(again, HasSubstr("--component test/certified --check gradients --seed 5"));
  EXPECT_THAT(again, HasSubstr("--set fault=gradient-sign"));
}

TEST(Certify, AfterAPluginThatDoesNotLoadNothingElseIsTried) {
  const Certified answer = certified_file(certified_library("static-segfault"), "");
  EXPECT_EQ(answer.code, 4);
  EXPECT_EQ(answer.json["failed"], 1) << answer.faults();
  EXPECT_THAT(answer.json.dump(), HasSubstr("load went so wrong"));
}

TEST(Certify, WhatThePluginDoesNotHaveIsNotCalledUnchecked) {
  const Certified answer = certified_file(certified_library("sound"), "--check role");
  EXPECT_EQ(answer.json["not_checked"], 0);
  EXPECT_EQ(answer.json["checks"][0]["verdict"], "nothing");
  EXPECT_EQ(answer.json["checks"][0]["not_checked"][0], "it has no interface of a role");
}

TEST(Certify, WhatCannotBeCheckedIsCountedAndSaysWhy) {
  const Certified answer =
      certified_file(std::string(GISTMILL_BUILD_DIR) + "/lib/gistmill/plugins/tokenizer-bpe.so", "");
  EXPECT_EQ(answer.code, 0);
  EXPECT_GE(answer.json["not_checked"], 8);
  EXPECT_THAT(answer.json.dump(), HasSubstr("option 'model' needs path"));
}

TEST(Certify, AFileThatIsNoPluginFailsItsManifest) {
  const Certified answer = certified_file("/proc/self/exe", "");
  EXPECT_EQ(answer.code, 4) << answer.json.dump(2);
  EXPECT_EQ(answer.json["checks"][0]["check"], "manifest");
}

TEST(Certify, WrongWordsAreRefusedWithWhatIsNear) {
  const std::string library = certified_library("sound");
  const auto text = [](const Certified& answer) { return answer.json.dump(); };
  const Certified check = certified_file(library, "--check gradient");
  EXPECT_EQ(check.code, 2);
  EXPECT_THAT(text(check), HasSubstr("did you mean 'gradients'"));
  const Certified component = certified_file(library, "--component test/certifed");
  EXPECT_EQ(component.code, 2);
  EXPECT_THAT(text(component), HasSubstr("did you mean 'test/certified'"));
  EXPECT_EQ(certified_file(library, "--seed x").code, 2);
  EXPECT_EQ(certified_file("no-such-file.so", "").code, 2);
}

}  // namespace
}  // namespace gistmill::test
