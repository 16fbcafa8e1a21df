// Texts that one corpus trains on and another holds out.
#include "host/prepare/two_sides.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "gistmill/formats/token_file.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TwoSidesTest : public ::testing::Test {
 protected:
  struct Document {
    const char* name;
    std::int32_t split;
  };

  std::vector<std::string> add(const char* corpus, const std::vector<Document>& documents) {
    formats::TokenFileWriter writer(folder_ / corpus, "{}");
    const std::int32_t token = 1;
    for (const Document& document : documents) writer.append(&token, 1, document.name, document.split);
    writer.commit();
    return sides_.add(folder_ / corpus);
  }
  std::string path(const char* corpus) const { return (folder_ / corpus).string(); }

  testing::ScratchFolder folder_;
  TwoSides sides_;
};

TEST_F(TwoSidesTest, AreToldWithBothCorporaAndWhatToDo) {
  EXPECT_THAT(add("prose.h5", {{"a.txt", 0}, {"b.txt", 1}}), IsEmpty());
  const std::string begin =
      "'b.txt' is train text in " + path("more.h5") + " and held out in " + path("prose.h5");
  EXPECT_THAT(
      add("more.h5", {{"b.txt", 0}, {"c.txt", 1}}),
      ElementsAre(begin + "; if it is one text, give their sources the same group, hold_out, validation "
                          "and salt"));
  EXPECT_THAT(sides_.add(folder_ / "more.h5"), IsEmpty()) << "it was told";
}

TEST_F(TwoSidesTest, AreFoundWhicheverCorpusComesFirst) {
  add("prose.h5", {{"a.txt", 0}, {"b.txt", 0}});
  EXPECT_THAT(add("more.h5", {{"a.txt", 1}, {"b.txt", 1}}),
              ElementsAre(HasSubstr("'a.txt' is train text in " + path("prose.h5") + " and held out in " +
                                    path("more.h5") + ", as are others;")));
}

TEST_F(TwoSidesTest, AreFoundInWhatIsMadeOfAFile) {
  add("prose.h5", {{"a.txt", 0}, {"b.txt", 1}});
  EXPECT_THAT(add("edges.h5", {{"a.txt#1-noisy", 0}, {"b.txt#1-twin-a", 0}, {"b.txt#1-twin-b", 0}}),
              ElementsAre(HasSubstr("'b.txt' is train text in " + path("edges.h5"))));
}

TEST_F(TwoSidesTest, AreNotAFileWhoseDocumentsAreSplitOneByOne) {
  add("rows.h5", {{"a.jsonl:1", 0}, {"a.jsonl:2", 1}});
  EXPECT_THAT(add("same.h5", {{"a.jsonl:1", 0}, {"a.jsonl:2", 1}, {"a.jsonl:3", 1}}), IsEmpty());
  EXPECT_THAT(add("part.h5", {{"a.jsonl:4", 1}}), IsEmpty());
  EXPECT_THAT(add("other.h5", {{"a.jsonl:1", 1}, {"a.jsonl:2", 0}}).size(), 2u);
}

TEST_F(TwoSidesTest, AreNotLookedForInOtherFiles) {
  std::ofstream(folder_ / "notes.h5") << "not a token file";
  EXPECT_THAT(sides_.add(folder_ / "notes.h5"), IsEmpty());
}

}  // namespace
}  // namespace gistmill
