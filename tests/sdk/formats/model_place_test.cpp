// What is said where a model is not at the place that was named.
#include <gistmill/formats/model_place.hpp>

#include <fstream>

#include <gmock/gmock.h>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::formats {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(MissingModel, NamesTheScriptWhereTheShippedRecipesHaveTheirModel) {
  const std::string script = "; scripts/fetch-model.sh fetches the default model into data/models";
  for (const char* path : {"data/models/x.gguf", "/home/x/gistmill/data/models/x.gguf", "../data/models/x"})
    EXPECT_EQ(missing_model(path), "there is no such file or folder" + script) << path;
  for (const char* path :
       {"x.gguf", "models/x.gguf", "data/models", "data/models/folder/x", "/data/other/x", ""})
    EXPECT_EQ(missing_model(path), "there is no such file or folder") << path;
}

class GgufFilesIn : public ::testing::Test {
 protected:
  void touch(const std::string& name) const { std::ofstream(folder_ / name) << "GGUF"; }
  std::string said() const { return gguf_files_in(folder_.path()); }
  std::string place(const std::string& name) const { return (folder_ / name).string(); }

  const gistmill::testing::ScratchFolder folder_;
};

TEST_F(GgufFilesIn, SaysNothingWhereThereAreNone) {
  touch("model.bin");
  EXPECT_EQ(said(), "");
  EXPECT_EQ(gguf_files_in(folder_ / "nowhere"), "");
}

TEST_F(GgufFilesIn, NamesTheOneFile) {
  touch("m.Q4_K.gguf");
  EXPECT_EQ(said(), "holds a GGUF file, which is a model of its own; name it: " + place("m.Q4_K.gguf"));
}

TEST_F(GgufFilesIn, NamesTheFirstOfAModelsParts) {
  for (const char* name : {"m-00002-of-00003.gguf", "m-00003-of-00003.gguf"}) touch(name);
  EXPECT_THAT(said(), EndsWith("name it: " + place("m-00001-of-00003.gguf")));
}

TEST_F(GgufFilesIn, NamesSomeOfMany) {
  for (const char* name : {"b.gguf", "a.gguf"}) touch(name);
  EXPECT_EQ(said(), "holds the GGUF files 'a.gguf', 'b.gguf', each a model of its own; name one, such as " +
                        place("a.gguf"));
  for (const char* name : {"c.gguf", "d.gguf", "e.gguf", "f\n.gguf"}) touch(name);
  EXPECT_THAT(said(), HasSubstr("'c.gguf', 'd.gguf' and 2 more, each"));
}

}  // namespace
}  // namespace gistmill::formats
