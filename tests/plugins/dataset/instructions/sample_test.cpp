// One JSON object as a sample: Alpaca's fields, conversations, and everything that is neither.
#include "plugins/dataset/instructions/sample.hpp"
#include "tests/support/message_of.hpp"

#include <gmock/gmock.h>

namespace gistmill::dataset {
namespace {

using ::testing::HasSubstr;

Sample read(const std::string& json, const SampleFields& fields = {}) {
  const std::string file = "a.json";
  formats::JsonCursor cursor(json, file, 16, formats::JsonCursor::Place::kLine);
  Sample sample = read_sample(cursor, fields);
  cursor.finish();
  return sample;
}

std::string refusal(const std::string& json) {
  return gistmill::test::message_of<formats::FormatError>([&] { read(json); });
}

TEST(SampleOfAlpaca, HasInstructionInputAndOutput) {
  const Sample sample = read(R"({"instruction": "Add.", "input": "1\r\n2", "output": "3", "source": "x"})");
  EXPECT_EQ(sample.instruction, "Add.");
  EXPECT_EQ(sample.input, "1\n2") << "line ends are LF";
  EXPECT_EQ(sample.output, "3");
  EXPECT_FALSE(sample.from_system);
}

TEST(SampleOfAlpaca, MayLackAnInput) {
  for (const char* json : {R"({"instruction": "Say hi.", "output": "hi"})",
                           R"({"instruction": "Say hi.", "input": null, "output": "hi"})",
                           R"({"instruction": "Say hi.", "input": " \n", "output": "hi"})"}) {
    EXPECT_EQ(read(json).input, "") << json;
  }
}

TEST(SampleOfAlpaca, TakesFieldsOfOtherNames) {
  const Sample sample =
      read(R"({"task": "Add.", "data": "1 2", "answer": "3"})", {"task", "data", "answer", "m"});
  EXPECT_EQ(sample.instruction + "|" + sample.input + "|" + sample.output, "Add.|1 2|3");
}

TEST(SampleOfAlpaca, IsRefusedWithoutOutputOrInstruction) {
  EXPECT_EQ(refusal(R"({"instruction": "Add.", "input": ""})"),
            "a.json:1:1: the sample has no field 'output'");
  EXPECT_EQ(refusal(R"({"instruction": "Add.", "output": " "})"), "a.json:1:1: the sample's output is empty");
  EXPECT_EQ(refusal(R"({"instruction": "Add.", "output": null})"),
            "a.json:1:1: the sample's output is empty");
  EXPECT_EQ(refusal("\n "
                    R"({"instruction": "", "output": "x"})"),
            "a.json:2:2: the sample's instruction is empty");
  EXPECT_EQ(refusal("{}"), "a.json:1:1: the sample has no field 'instruction'");
}

TEST(SampleOfAlpaca, IsRefusedWhereAFieldIsNoText) {
  EXPECT_EQ(refusal(R"({"instruction": 3, "output": "x"})"),
            "a.json:1:17: field 'instruction' is a number when it should be a string");
  EXPECT_THAT(refusal(R"({"output": "x", "output": "y"})"), HasSubstr("field 'output' is there twice"));
}

TEST(SampleOfAlpaca, IsRefusedWhereItIsNoObject) {
  EXPECT_EQ(refusal("  [1]"), "a.json:1:3: a sample is an array when it should be an object");
  EXPECT_EQ(refusal("\"text\""), "a.json:1:1: a sample is a string when it should be an object");
  EXPECT_THAT(refusal("tru"), HasSubstr("is not JSON"));
}

TEST(SampleOfAConversation, TakesTheQuestionAsInstruction) {
  const Sample sample = read(R"({"messages": [{"role": "user", "content": "2+2?"},
                                              {"role": "assistant", "content": "4", "weight": 1}]})");
  EXPECT_EQ(sample.instruction, "2+2?");
  EXPECT_EQ(sample.input, "");
  EXPECT_EQ(sample.output, "4");
  EXPECT_FALSE(sample.from_system || sample.shortened);
}

TEST(SampleOfAConversation, TakesTheSystemMessageAsInstructionAndTheQuestionAsInput) {
  const Sample sample = read(R"({"messages": [{"role": "system", "content": "Be brief."},
      {"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"},
      {"role": "user", "content": "why?"}]})");
  EXPECT_EQ(sample.instruction + "|" + sample.input + "|" + sample.output, "Be brief.|2+2?|4");
  EXPECT_TRUE(sample.from_system);
  EXPECT_TRUE(sample.shortened) << "there is another turn";
}

TEST(SampleOfAConversation, IsRefusedWithoutQuestionAndAnswer) {
  const std::string expected =
      "a conversation should begin with a message of the user and one of the assistant";
  EXPECT_THAT(refusal(R"({"messages": []})"), HasSubstr(expected));
  EXPECT_THAT(refusal(R"({"messages": [{"role": "user", "content": "hi"}]})"), HasSubstr(expected));
  EXPECT_THAT(refusal(R"({"messages": [{"role": "assistant", "content": "hi"},
                                       {"role": "user", "content": "hi"}]})"),
              HasSubstr(expected));
  EXPECT_THAT(refusal(R"({"messages": [{"role": "user"}]})"), HasSubstr("should have role and content"));
  EXPECT_THAT(refusal(R"({"messages": "hi"})"), HasSubstr("when it should be a list of messages"));
  EXPECT_THAT(refusal(R"({"messages": [1]})"), HasSubstr("should be an object with role and content"));
}

}  // namespace
}  // namespace gistmill::dataset
