// GGUF files of other years and converters (fixtures/make_gguf_years.py): the same model in other words, and
// in parts.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <gistmill/formats/gguf_parts.hpp>
#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/files/gguf_model.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"
#include "tests/plugins/teacher/decoder/files/folder_copy.hpp"

namespace gistmill::decoder::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kFixtures = GISTMILL_SOURCE_DIR "/tests/plugins/teacher/decoder/fixtures";
const std::string kYears = kFixtures + "/gguf_years/";

std::string refusal(const std::string& path) {
  try {
    const GgufModel model(path);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    return error.what();
  }
}

// How far the logits of the file are from those of transformers for this family.
double difference(const std::string& path, const std::string& family) {
  const auto file = std::make_shared<GgufModel>(path);
  const Model model(file->config(), load_weights(file->config(), file, at::kFloat), {}, 4);
  const Expected right = expected_of(family);
  Batch batch;
  batch.ids = right.ids.unsqueeze(0);
  return (model.forward(batch)[0] - right.logits).abs().max().item<double>();
}

TEST(GgufOfOtherYears, GivesTheLogitsWhereNumbersAreListsAndKeysChangeNothing) {
  EXPECT_LE(difference(kYears + "lists.gguf", "llama31"), 1e-4);
}

TEST(GgufInParts, GivesTheLogitsWhicheverPartIsNamed) {
  for (const char* part : {"split-00001-of-00003", "split-00002-of-00003", "split-00003-of-00003",
                           "first-00001-of-00002", "first-00002-of-00002"}) {
    SCOPED_TRACE(part);
    EXPECT_LE(difference(kYears + part + ".gguf", "qwen2"), 1e-4);
  }
}

TEST(GgufInParts, IsOneModel) {
  const GgufModel first(kYears + "split-00001-of-00003.gguf");
  const GgufModel last(kYears + "split-00003-of-00003.gguf");
  EXPECT_EQ(first.digest(), last.digest());
  EXPECT_NE(first.digest(), GgufModel(kYears + "first-00001-of-00002.gguf").digest());
  EXPECT_EQ(first.describe(), last.describe());
  EXPECT_THAT(first.describe(), HasSubstr("\"file_bytes\":27520"));
}

TEST(GgufInParts, IsFoundByTheNameOfItsFirstPart) {
  using formats::gguf_first_part;
  EXPECT_EQ(gguf_first_part("a/b-00002-of-00003.gguf"), fs::path("a/b-00001-of-00003.gguf"));
  EXPECT_EQ(gguf_first_part("b-00001-of-00001.gguf"), fs::path("b-00001-of-00001.gguf"));
  for (const char* other : {"b.gguf", "b-00004-of-00003.gguf", "b-00000-of-00003.gguf",
                            "b-0002-of-00003.gguf", "b-00002-of-00003.bin", "-of-.gguf", ""}) {
    EXPECT_EQ(gguf_first_part(other), fs::path(other));
  }
}

class SpoiledParts : public ::testing::Test {
 protected:
  std::string part(int number) const {
    return copy_.file("split-0000" + std::to_string(number) + "-of-00003.gguf");
  }
  void move(const std::string& from, const std::string& to) const { fs::rename(from, to); }
  FolderCopy copy_{"gguf_years", kFixtures};
};

TEST_F(SpoiledParts, NameThePartThatIsMissing) {
  fs::remove(part(2));
  EXPECT_EQ(refusal(part(3)),
            part(2) + ": is missing: part 2 of 3 of a model, which have to lie in one folder");
  fs::remove(part(1));
  EXPECT_EQ(refusal(part(3)),
            part(1) + ": is missing: part 1 of 3 of a model, which have to lie in one folder");
}

TEST_F(SpoiledParts, NameTheFileThatSaysThatItIsTheMissingOne) {
  const std::string renamed = copy_.file("mine.gguf");
  move(part(2), renamed);
  copy_.write("broken.gguf", "GGUF");
  EXPECT_EQ(refusal(part(1)), part(2) +
                                  ": is missing: part 2 of 3 of a model, which have to lie in one folder; " +
                                  renamed + " says that it is this part: rename it");
  fs::remove(copy_.file("broken.gguf"));
  EXPECT_EQ(refusal(renamed),
            renamed +
                ": is part 2 of 3 of a model, so it should be named "
                "split-00002-of-00003.gguf, for the others are found by its name; rename it");
}

TEST_F(SpoiledParts, AreCheckedAgainstTheirNames) {
  move(part(3), copy_.file("x"));
  move(part(2), part(3));
  move(copy_.file("x"), part(2));
  EXPECT_EQ(refusal(part(1)), part(2) +
                                  ": split.no is 2 when it should be 1 by the file's name; rename it to "
                                  "split-00003-of-00003.gguf");
  const std::string alone = copy_.file("model.gguf");
  fs::copy(part(1), alone);
  EXPECT_EQ(refusal(alone),
            alone +
                ": is part 1 of 3 of a model, so it should be named split-00001-of-00003.gguf, for the "
                "others are found by its name; rename it");
  const std::string first = copy_.file("a-00001-of-00002.gguf");
  fs::copy(copy_.file("first-00001-of-00002.gguf"), first);
  fs::copy(part(1), copy_.file("a-00002-of-00002.gguf"));
  EXPECT_EQ(refusal(first), copy_.file("a-00002-of-00002.gguf") +
                                ": split.count is 3 when it should be 2 by the file's name");
}

// split.tensors.count, in the first part: one more.
TEST_F(SpoiledParts, AreCheckedAgainstTheNumberOfTensors) {
  std::string bytes = copy_.text("split-00001-of-00003.gguf");
  const std::string key = "split.tensors.count";
  const std::size_t place = bytes.find(key);
  ASSERT_NE(place, std::string::npos);
  ++bytes[place + key.size() + 4];  // behind the type
  copy_.write("split-00001-of-00003.gguf", bytes);
  EXPECT_EQ(refusal(part(2)), part(1) + ": split.tensors.count is 27, but the parts hold 26 tensors");
}

}  // namespace
}  // namespace gistmill::decoder::test
