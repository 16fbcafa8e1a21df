// The component as the host drives it: kinds that take turns, twins side by side, a position that is kept.
#include "plugins/dataset/edge-cases/edge_cases.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <memory>

#include "tests/plugins/dataset/tensor_bytes.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::bytes;
using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class EdgeCasesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ / "t");
    for (const char* name : {"a.txt", "b.txt"}) {
      std::ofstream file(folder_ / "t" / name);
      for (int i = 0; i < 100; ++i) file << name << " sentence " << i << " of some words. ";
    }
  }

  std::unique_ptr<EdgeCases> edge_cases(const PlainTable& changes = {}) const {
    PlainTable all = {{"files", std::vector<std::string>{folder_ / "t"}},
                      {"extensions", std::vector<std::string>{".txt"}},
                      {"kinds", std::vector<std::string>{"repeated", "noisy", "numbers", "twins"}},
                      {"words", std::int64_t{150}},
                      {"noise", 0.15},
                      {"seed", std::int64_t{1}},
                      {"invalid", std::string("replace")},
                      {"validation", 0.0},
                      {"hold_out", std::vector<std::string>{"t/b*"}},
                      {"group", std::string("file")},
                      {"salt", std::string()},
                      {"packed", std::string()}};
    for (const auto& [key, value] : changes) all[key] = value;
    return std::make_unique<EdgeCases>(PlainOptions(all).get());
  }

  struct Found {
    std::string name;
    std::string text;
    std::int32_t split;
  };
  static std::vector<Found> all(EdgeCases& source) {
    std::vector<Found> found;
    try {
      for (;;) {
        const auto [text, name, split, file, digest] = source.next();
        found.push_back({bytes(name), bytes(text), *split.data<std::int32_t>()});
      }
    } catch (const EndOfData&) {
    }
    return found;
  }
  std::string refusal(const PlainTable& changes) const {
    return gistmill::test::refusal_of([&] { edge_cases(changes); });
  }

  ScratchFolder folder_;
};

TEST_F(EdgeCasesTest, GiveADocumentOfEachKindInTurnAndTwinsOneAfterTheOther) {
  const auto source = edge_cases();
  std::vector<std::string> kinds;
  std::string before;
  for (const Found& document : all(*source)) {
    EXPECT_EQ(document.split, document.name.starts_with("t/b.txt") ? 1 : 0);
    if (document.name.starts_with("t/a.txt#")) kinds.push_back(document.name.substr(document.name.find('-')));
    if (document.name.ends_with("-twin-b")) {
      EXPECT_EQ(before, document.name.substr(0, document.name.size() - 1) + "a");
    }
    before = document.name;
  }
  EXPECT_THAT(kinds, UnorderedElementsAre("-repeated", "-noisy", "-numbers", "-twin-a", "-twin-b"))
      << "600 words are four passages of 150";
}

TEST_F(EdgeCasesTest, AreTheSameForTheSameSeed) {
  const auto texts = [&](std::int64_t seed) {
    std::string together;
    for (const Found& document : all(*edge_cases({{"seed", seed}})))
      together += document.name + document.text;
    return together;
  };
  EXPECT_EQ(texts(1), texts(1));
  EXPECT_NE(texts(1), texts(2));
}

TEST_F(EdgeCasesTest, GoOnFromTheirState) {
  const std::vector<Found> whole = all(*edge_cases());
  for (std::size_t taken = 0; taken < whole.size(); ++taken) {
    const auto source = edge_cases();
    for (std::size_t i = 0; i < taken; ++i) source->next();
    const auto resumed = edge_cases();
    resumed->load_state(source->save_state());
    const auto [text, name, split, file, digest] = resumed->next();
    EXPECT_EQ(bytes(name), whole[taken].name);
    EXPECT_EQ(bytes(text), whole[taken].text) << "also between twins";
  }
}

TEST_F(EdgeCasesTest, RefuseKindsThatThereAreNotAndAGroupThatPartsTwins) {
  EXPECT_EQ(refusal({{"kinds", std::vector<std::string>{"twins", "odd"}}}),
            "kinds: 'odd' is no kind; there are repeated, noisy, numbers and twins");
  EXPECT_EQ(refusal({{"kinds", std::vector<std::string>{}}}),
            "kinds: kinds is empty when it should name one or more");
  EXPECT_EQ(
      refusal({{"group", std::string("document")}}),
      "group: group is \"document\" when twins must be on one side of the split; take \"file\" or a text");
}

}  // namespace
}  // namespace gistmill::dataset
