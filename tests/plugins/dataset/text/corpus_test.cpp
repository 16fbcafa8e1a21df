// How text files are cut, and who is held out.
#include "plugins/dataset/text/corpus.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include <gistmill/plugin/values.hpp>

#include "tests/plugins/dataset/text_files.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::testing::ScratchFolder;
using test::put;
using test::Refusal;
using test::refusal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

struct CorpusOptions : SourceOptions {
  std::string separator;
  std::string skip_until;
};

Corpus corpus_of(const CorpusOptions& options) {
  return {options, options.skip_until, separator_cutter(options.separator)};
}

CorpusOptions options_for(std::vector<std::string> files) {
  CorpusOptions options;
  options.files = std::move(files);
  options.extensions = {".txt", ".md"};
  options.validation = 0.0;
  return options;
}

std::vector<Document> documents(const CorpusOptions& options) {
  Corpus corpus = corpus_of(options);
  std::vector<Document> all;
  for (Document document; corpus.next(document);) all.push_back(document);
  return all;
}

TEST(Corpus, GivesOneDocumentAFileInOrderOfNames) {
  const ScratchFolder folder;
  put(folder / "t" / "b.txt", "second\r\n");
  put(folder / "t" / "a.txt",
      "\xEF\xBB\xBF"
      "first");
  const std::vector<Document> all = documents(options_for({folder / "t"}));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "t/a.txt");
  EXPECT_EQ(all[0].text, "first");
  EXPECT_EQ(all[1].text, "second\n");
}

TEST(Corpus, CutsAFileAtTheSeparatorAndNumbersItsDocuments) {
  const ScratchFolder folder;
  put(folder / "stories.txt", "one\r\n\r\n\r\ntwo\n\n\n \n\n\nthree");
  CorpusOptions options = options_for({folder / "stories.txt"});
  options.separator = "\n\n\n";
  const std::vector<Document> all = documents(options);
  ASSERT_EQ(all.size(), 3u) << "the blank one is left out";
  EXPECT_EQ(all[0].name, "stories.txt#1");
  EXPECT_EQ(all[0].text, "one");
  EXPECT_EQ(all[2].name, "stories.txt#3");
  EXPECT_EQ(all[2].text, "three");
}

TEST(Corpus, DropsAHeaderBeforeItCuts) {
  const ScratchFolder folder;
  put(folder / "book.md", "# Title: X\r\n\r\n-------\r\nIt was late.\n");
  CorpusOptions options = options_for({folder / "book.md"});
  options.skip_until = "-------";
  EXPECT_EQ(documents(options).at(0).text, "It was late.\n");
}

TEST(Corpus, LeavesOutEmptyFilesAndSaysWhereAllAreEmpty) {
  const ScratchFolder folder;
  put(folder / "t" / "a.txt", "");
  put(folder / "t" / "b.txt", " \n\n");
  const Refusal refused = refusal([&] { documents(options_for({folder / "t"})); });
  EXPECT_EQ(refused.message, "no text in 2 files: each is empty");
  EXPECT_EQ(refused.key, "files");
  put(folder / "t" / "c.txt", "text");
  EXPECT_EQ(documents(options_for({folder / "t"})).size(), 1u);
}

TEST(Corpus, RefusesAFileThatIsNotText) {
  const ScratchFolder folder;
  put(folder / "a.txt", std::string_view("ab\0c", 4));
  EXPECT_EQ(refusal([&] { documents(options_for({folder / "a.txt"})); }).message,
            "'" + (folder / "a.txt").string() + "' is not text: byte 2 is zero");
  put(folder / "a.txt", std::string_view("\xFF\xFE"
                                         "a\0",
                                         4));
  EXPECT_THAT(refusal([&] { documents(options_for({folder / "a.txt"})); }).message,
              HasSubstr("byte 3 is zero; it looks like UTF-16, which iconv -f UTF-16 -t UTF-8 converts"));
}

TEST(Corpus, CountsWhatItReplaced) {
  const ScratchFolder folder;
  put(folder / "a.txt", "caf\xE9 \xFF");
  Corpus corpus = corpus_of(options_for({folder / "a.txt"}));
  Document document;
  ASSERT_TRUE(corpus.next(document));
  EXPECT_EQ(document.text, "caf\uFFFD \uFFFD");
  EXPECT_FALSE(corpus.next(document));
  EXPECT_THAT(corpus.notes(), ElementsAre("2 byte sequences were not UTF-8 and became U+FFFD, the first in " +
                                          (folder / "a.txt").string()));
  corpus.seek(0);
  EXPECT_TRUE(corpus.notes().empty()) << "counted anew";
}

TEST(Corpus, RefusesWhatIsNotUtf8WhereThatIsAskedFor) {
  const ScratchFolder folder;
  put(folder / "a.txt", "caf\xE9 \xFF");
  CorpusOptions options = options_for({folder / "a.txt"});
  options.refuse_invalid = true;
  EXPECT_EQ(refusal([&] { documents(options); }).message,
            (folder / "a.txt").string() +
                ": byte 3, 0xe9, is not UTF-8; invalid = \"replace\" puts U+FFFD in its place");
  put(folder / "a.txt", "caf\u00e9");
  EXPECT_EQ(documents(options).size(), 1u);
}

TEST(Corpus, TellsOfFilesWithoutText) {
  const ScratchFolder folder;
  put(folder / "t" / "a.txt", "text");
  put(folder / "t" / "b.txt", "");
  put(folder / "t" / "c.txt", "\n");
  Corpus corpus = corpus_of(options_for({folder / "t"}));
  for (Document document; corpus.next(document);) {
  }
  EXPECT_THAT(corpus.notes(), ElementsAre("2 of 3 files hold no text and were left out, the first is " +
                                          (folder / "t" / "b.txt").string()));
}

TEST(Corpus, ContinuesAfterAPosition) {
  const ScratchFolder folder;
  put(folder / "t" / "a.txt", "1|2|3");
  put(folder / "t" / "b.txt", "4|5");
  CorpusOptions options = options_for({folder / "t"});
  options.separator = "|";
  for (std::uint64_t position = 0; position < 5; ++position) {
    Corpus corpus = corpus_of(options);
    corpus.seek(position);
    EXPECT_EQ(corpus.position(), position);
    Document document;
    ASSERT_TRUE(corpus.next(document));
    EXPECT_EQ(document.text, std::to_string(position + 1));
  }
  Corpus corpus = corpus_of(options);
  corpus.seek(5);
  Document document;
  EXPECT_FALSE(corpus.next(document));
  EXPECT_THAT(refusal([&] { corpus.seek(6); }).message, HasSubstr("they have changed"));
}

TEST(Corpus, HasADigestOfNamesAndContents) {
  const ScratchFolder folder;
  put(folder / "one" / "t" / "a.txt", "text");
  put(folder / "two" / "t" / "a.txt", "text");
  const auto digest = [](const std::filesystem::path& path) {
    return corpus_of(options_for({path})).digest();
  };
  const std::string reference = digest(folder / "one" / "t");
  EXPECT_EQ(reference.size(), 64u);
  EXPECT_EQ(digest(folder / "two" / "t"), reference) << "wherever it lies";
  put(folder / "two" / "t" / "a.txt", "Text");
  EXPECT_NE(digest(folder / "two" / "t"), reference);
  std::filesystem::rename(folder / "one" / "t" / "a.txt", folder / "one" / "t" / "b.txt");
  EXPECT_NE(digest(folder / "one" / "t"), reference);
}

// ---- who is held out ----

std::set<std::string> held_out(const CorpusOptions& options) {
  std::set<std::string> found;
  for (const Document& document : documents(options)) {
    if (document.split == 1) found.insert(document.name);
  }
  return found;
}

TEST(Split, OfEveryDocumentOfAFileIsTheFilesUnlessDocumentsAreAskedFor) {
  const ScratchFolder folder;
  std::string stories;
  for (int i = 0; i < 200; ++i) stories += "story\n\n";
  put(folder / "t" / "a.txt", stories);
  put(folder / "t" / "b.txt", stories);
  CorpusOptions options = options_for({folder / "t"});
  options.separator = "\n\n";
  options.hold_out = {"t/b*"};
  std::map<std::string, std::set<std::int32_t>> splits;
  for (const Document& document : documents(options))
    splits[document.name.substr(0, 7)].insert(document.split);
  EXPECT_THAT(splits["t/a.txt"], ElementsAre(0));
  EXPECT_THAT(splits["t/b.txt"], ElementsAre(1));

  options.hold_out = {};
  options.validation = 0.5;
  options.group = "document";
  EXPECT_GT(held_out(options).size(), 150u);
  EXPECT_LT(held_out(options).size(), 250u);
}

TEST(Split, HoldsOutTheGroupsThatAreNamed) {
  const ScratchFolder folder;
  for (const char* name : {"n/emma__1.txt", "n/emma__2.txt", "n/persuasion__1.txt"}) put(folder / name, "x");
  CorpusOptions options = options_for({folder / "n"});
  options.group = "__";
  options.validation = 0.9;
  options.hold_out = {"n/emma"};
  EXPECT_THAT(held_out(options), ElementsAre("n/emma__1.txt", "n/emma__2.txt"));
  options.hold_out = {"n/pers*"};
  EXPECT_THAT(held_out(options), ElementsAre("n/persuasion__1.txt"));
}

TEST(Split, SaysSoWhereOneSideWouldBeEmpty) {
  const ScratchFolder folder;
  put(folder / "t" / "a.txt", "x");
  put(folder / "t" / "b.txt", "x");
  CorpusOptions options = options_for({folder / "t"});
  options.validation = 0.0001;
  Refusal refused = refusal([&] { Corpus corpus = corpus_of(options); });
  EXPECT_EQ(refused.message,
            "none of 2 groups falls into the validation share of 0.0001; take a larger share, another salt, "
            "or name "
            "groups in hold_out");
  EXPECT_EQ(refused.key, "validation");
  options.validation = 0.9999;
  EXPECT_THAT(refusal([&] { Corpus corpus = corpus_of(options); }).message,
              HasSubstr("all 2 groups fall into"));
  options.hold_out = {"t/c"};
  refused = refusal([&] { Corpus corpus = corpus_of(options); });
  EXPECT_EQ(refused.message, "'t/c' matches no group; one of 2 is 't/a.txt'");
  EXPECT_EQ(refused.key, "hold_out");
  options.hold_out = {"*"};
  EXPECT_EQ(refusal([&] { Corpus corpus = corpus_of(options); }).message,
            "all 2 groups are held out: none is left to train on");
}

TEST(Split, MayBeAllOrNothingWhereThatIsAskedFor) {
  const ScratchFolder folder;
  put(folder / "t" / "a.txt", "x");
  CorpusOptions options = options_for({folder / "t"});
  options.validation = 1.0;
  EXPECT_EQ(documents(options).at(0).split, 1);
  options.validation = 0.0;
  EXPECT_EQ(documents(options).at(0).split, 0);
}

}  // namespace
}  // namespace gistmill::dataset
