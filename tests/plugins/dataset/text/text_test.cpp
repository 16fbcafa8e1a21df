// The component as the host drives it: documents as tensors, an end, a position that is kept.
#include "plugins/dataset/text/text.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;

class TextTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder_ / "a.txt") << "first|second";
    std::ofstream(folder_ / "b.txt") << "caf\xE9";
  }
  std::unique_ptr<Text> text() const {
    return std::make_unique<Text>(PlainOptions({{"files", std::vector<std::string>{folder_ / "*.txt"}},
                                                {"kind", std::string("prose")},
                                                {"records", std::string()},
                                                {"longest", std::int64_t{16384}},
                                                {"header", true},
                                                {"extensions", std::vector<std::string>{}},
                                                {"separator", std::string("|")},
                                                {"skip_until", std::string()},
                                                {"validation", 0.5},
                                                {"hold_out", std::vector<std::string>{"b.txt"}},
                                                {"group", std::string("file")},
                                                {"invalid", std::string("replace")},
                                                {"salt", std::string()},
                                                {"packed", std::string()}})
                                      .get());
  }
  static std::string bytes(const Tensor& tensor) {
    const auto* data = tensor.data<std::uint8_t>();
    return {data, data + tensor.size()};
  }

  ScratchFolder folder_;
};

TEST_F(TextTest, GivesTextNameAndSplitOfEachDocumentThenEnds) {
  const auto source = text();
  const auto [first, name, split, file, digest] = source->next();
  EXPECT_EQ(bytes(first), "first");
  EXPECT_THAT(first.shape(), ElementsAre(5));
  EXPECT_EQ(bytes(name), "a.txt#1");
  EXPECT_THAT(split.shape(), ElementsAre());
  EXPECT_EQ(*split.data<std::int32_t>(), 0);
  EXPECT_EQ(bytes(std::get<0>(source->next())), "second");
  const auto third = source->next();
  EXPECT_EQ(bytes(std::get<0>(third)), "caf\uFFFD");
  EXPECT_EQ(*std::get<2>(third).data<std::int32_t>(), 1);
  EXPECT_THROW(source->next(), EndOfData);
  EXPECT_THROW(source->next(), EndOfData);
}

TEST_F(TextTest, GoesOnFromItsStateAndSavesTheSameBytes) {
  const auto source = text();
  source->next();
  const std::string state = source->save_state();
  const auto resumed = text();
  resumed->load_state(state);
  EXPECT_EQ(resumed->save_state(), state);
  EXPECT_EQ(bytes(std::get<0>(resumed->next())), "second");
}

TEST_F(TextTest, RefusesAStateThatIsNotItsOwn) {
  for (const char* state :
       {"", "dataset/text 2 1", "dataset/text 1 ", "dataset/text 1 x", "dataset/text 1 1 ",
        "dataset/text 1 4", "dataset/text 1 99999999999999999999999"}) {
    EXPECT_THROW(text()->load_state(state), Error) << state;
  }
}

}  // namespace
}  // namespace gistmill::dataset
