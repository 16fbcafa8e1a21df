// Sessions into store/focus and out of it again by dataset/focus-trace.
#include "plugins/dataset/focus/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "plugins/store/focus/store.hpp"
#include "tests/plugins/dataset/focus/sessions.hpp"
#include "tests/support/file_bytes.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::testing::ScratchFolder;
using test::actions;
using test::PlainOptions;
using test::PlainTable;
using test::text_of;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class FocusTraces : public ::testing::Test {
 protected:
  void SetUp() override { keep(corpus_); }

  // All sessions of the corpus, the oldest block collapsed where that is legal.
  void keep(const std::string& corpus) {
    Focus focus(PlainOptions(test::focus_options(corpus)).get());
    store::FocusStore store(PlainOptions({{"trace", (folder_ / "out/t.jsonl").string()},
                                          {"page", (folder_ / "out/t.html").string()}})
                                .get());
    store.begin((folder_ / "t.h5").string(), "{}");
    try {
      for (int i = 0;; ++i) {
        focus.next();
        if (i % 7 == 2) focus.act(actions({0, -1}));
        records_.push_back(text_of(std::get<0>(focus.note(std::nullopt))));
        store.append(Tensor::of(std::vector<std::uint8_t>(records_.back().begin(), records_.back().end()),
                                {static_cast<std::int64_t>(records_.back().size())}));
      }
    } catch (const EndOfData&) {
    }
    store.commit();
  }

  static PlainTable options(const std::filesystem::path& trace, const std::string& corpus = "") {
    return {{"trace", trace.string()}, {"sessions", std::string()}, {"corpus", corpus}};
  }
  // Until its end or an error, which is given.
  std::string play(const PlainTable& table) {
    played_.clear();
    try {
      FocusTrace trace(PlainOptions(table).get());
      for (;;) played_.push_back(text_of(trace.next()));
    } catch (const EndOfData&) {
      return "";
    } catch (const Error& error) {
      return error.key + ": " + error.what();
    }
  }
  void change(const std::string& from, const std::string& to) {
    std::string text = gistmill::test::bytes_of(folder_ / "out/t.jsonl");
    text.replace(text.find(from), from.size(), to);
    std::ofstream(folder_ / "changed.jsonl", std::ios::binary) << text;
  }

  ScratchFolder folder_;
  std::string corpus_ = test::write_corpus(folder_ / "c.h5", {30, 5, 18, 40});
  std::vector<std::string> records_;
  std::vector<std::string> played_;
};

TEST_F(FocusTraces, GiveTheBlocksThatWereKeptFromTheFileOrTheLines) {
  EXPECT_EQ(play(options(folder_ / "out/t.jsonl")), "");
  EXPECT_EQ(played_, records_);
  EXPECT_EQ(play(options(folder_ / "t.h5")), "");
  EXPECT_EQ(played_, records_);
  EXPECT_EQ(
      play({{"trace", std::string()}, {"sessions", (folder_ / "t.h5").string()}, {"corpus", std::string()}}),
      "");
}

TEST_F(FocusTraces, AreComparedWithTheirCorpusWhereThatIsNamed) {
  EXPECT_EQ(play(options(folder_ / "t.h5", corpus_)), "");
  const std::string other = test::write_corpus(folder_ / "other.h5", {31, 5, 20, 40});
  EXPECT_EQ(play(options(folder_ / "t.h5", other)), "") << "longer documents with the same beginnings";
  const std::string shorter = test::write_corpus(folder_ / "shorter.h5", {20, 5, 18, 40});
  EXPECT_THAT(play(options(folder_ / "out/t.jsonl", shorter)),
              HasSubstr("t.jsonl:7: document 'doc0' of the corpus has 20 tokens when the session has 24"));
  const std::string missing = test::write_corpus(folder_ / "missing.h5", {30, 5});
  EXPECT_THAT(play(options(folder_ / "out/t.jsonl", missing)),
              HasSubstr("t.jsonl:9: the corpus has no document 'doc2'"));
}

TEST_F(FocusTraces, OfAnotherTreeAreRefusedAtTheFirstBlockThatDiffers) {
  formats::TokenFileWriter writer(folder_ / "other.h5", "{}");
  std::vector<std::int32_t> ids(30);
  std::iota(ids.begin(), ids.end(), 0);
  ids[9] = 77;
  writer.append(ids.data(), ids.size(), "doc0", 0);
  writer.commit();
  EXPECT_THAT(play(options(folder_ / "out/t.jsonl", (folder_ / "other.h5").string())),
              HasSubstr("t.jsonl:4: the trace is of another tree"));
}

TEST_F(FocusTraces, ThatWereChangedOrCutShortAreRefusedWithTheirLine) {
  change("\"cursor\":12", "\"cursor\":16");
  EXPECT_THAT(play(options(folder_ / "changed.jsonl")),
              StartsWith("trace: " + (folder_ / "changed.jsonl").string() + ":4: the line was changed"));
  EXPECT_EQ(played_.size(), 2u) << "what stands before it is whole";
  const std::string whole = gistmill::test::bytes_of(folder_ / "out/t.jsonl");
  std::ofstream(folder_ / "cut.jsonl", std::ios::binary) << whole.substr(0, whole.size() / 2);
  EXPECT_THAT(play(options(folder_ / "cut.jsonl")), HasSubstr("the trace is cut short within this line"));
}

TEST_F(FocusTraces, AreNamedByExactlyOneOption) {
  EXPECT_THAT(play({{"trace", std::string()}, {"sessions", std::string()}, {"corpus", std::string()}}),
              StartsWith("trace: no trace is named"));
  EXPECT_THAT(play({{"trace", std::string("a")}, {"sessions", std::string("b")}, {"corpus", std::string()}}),
              StartsWith("trace: trace and sessions both name a trace"));
  EXPECT_THAT(play(options(folder_ / "none.jsonl")), StartsWith("trace: "));
  EXPECT_THAT(play(options(folder_ / "c.h5")), HasSubstr("holds no trace: its format is 'gistmill-tokens'"));
}

TEST_F(FocusTraces, GoOnFromTheirState) {
  FocusTrace whole(PlainOptions(options(folder_ / "t.h5")).get());
  for (std::size_t i = 0; i < records_.size(); ++i) {
    FocusTrace resumed(PlainOptions(options(folder_ / "t.h5")).get());
    resumed.load_state(whole.save_state());
    EXPECT_EQ(text_of(resumed.next()), records_[i]);
    whole.next();
  }
  EXPECT_THROW(whole.load_state("dataset/focus-trace 1 99"), Error);
  EXPECT_THROW(whole.load_state("nonsense"), Error);
}

TEST_F(FocusTraces, TheStoreWritesAPageBesideThem) {
  EXPECT_THAT(gistmill::test::bytes_of(folder_ / "out/t.html"), HasSubstr("<h2>doc0</h2>"));
}

TEST_F(FocusTraces, TheStoreKeepsNoBlockThatDoesNotReplay) {
  store::FocusStore store(PlainOptions({{"trace", std::string()}, {"page", std::string()}}).get());
  const auto append = [&](const std::string& text) -> std::string {
    return gistmill::test::message_of<Error>([&] {
      store.append(Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                              {static_cast<std::int64_t>(text.size())}));
    });
  };
  EXPECT_THAT(append(records_[0]), HasSubstr("before begin"));
  store.begin((folder_ / "n.h5").string(), "{}");
  EXPECT_THAT(append(records_[1]),
              HasSubstr("block 0: the first block says nothing of how its session begins"));
  EXPECT_THAT(append("{"), StartsWith("block 0:1:"));
  EXPECT_THROW(store.commit(), Error) << "nothing was kept";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "n.h5"));
}

}  // namespace
}  // namespace gistmill::dataset
