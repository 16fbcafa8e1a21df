#include "host/corpora/catalog.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <set>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

const std::string kDigest(64, '0');

std::string entry(const std::string& more = "", const std::string& name = "prose") {
  return "[text." + name +
         "]\ntitle = \"T\"\npurpose = \"P\"\nlicense = \"L\"\nkind = \"prose\"\nfrom = \"debian\"\n"
         "package = \"p\"\nversion = \"1-1\"\nsha256 = \"" +
         kDigest + "\"\ntake = [\"*.txt\"]\n" + more;
}

class Catalog : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(file_); }
  std::vector<CatalogCorpus> read(const std::string& text) {
    std::ofstream(file_) << text;
    return read_catalog(file_);
  }
  std::string refusal(const std::string& text) {
    try {
      read(text);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::usage);
      return failure.what();
    }
    return "";
  }
  // `text` with the line that begins with `key` replaced.
  static std::string with(const std::string& key, const std::string& line) {
    std::string text = entry();
    const std::size_t at = text.find("\n" + key) + 1;
    return text.replace(at, text.find('\n', at) - at, line);
  }

  std::filesystem::path file_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("catalog-") + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml");
};

TEST_F(Catalog, GivesCorporaInTheOrderOfTheFile) {
  const auto catalog =
      read(entry("stage = 2\ntokens = 7\n", "b") + entry("", "a") + "[model.x]\nfile = \"x\"\n");
  ASSERT_EQ(catalog.size(), 2u);
  EXPECT_EQ(catalog[0].name, "b");
  EXPECT_EQ(catalog[0].stage, 2);
  EXPECT_EQ(catalog[0].tokens, 7);
  EXPECT_EQ(catalog[1].package_text(), "p 1-1 of Debian");
}

TEST_F(Catalog, SaysWhereItIsWrong) {
  EXPECT_THAT(refusal(entry("titel = \"T\"\n")), HasSubstr(":11:1: unknown key 'titel' in [text.prose]"));
  EXPECT_THAT(refusal(with("sha256", "sha256 = \"12\"")), HasSubstr("64 digits of lowercase hexadecimal"));
  EXPECT_THAT(refusal(with("from", "from = \"npm\"")),
              HasSubstr("text.prose.from is \"npm\" when it should be debian or pypi"));
  EXPECT_THAT(refusal(with("kind", "kind = \"poem\"")), HasSubstr("prose, code, json, table, html"));
  EXPECT_THAT(refusal(with("take", "")), HasSubstr("[text.prose] lacks the key 'take'"));
  EXPECT_THAT(refusal(with("license", "")), HasSubstr("[text.prose] lacks the key 'license'"));
  EXPECT_THAT(refusal(entry("tokens = -1\n")), HasSubstr("text.prose.tokens is -1"));
  EXPECT_THAT(refusal("[texts]\n"), HasSubstr("unknown key 'texts'"));
}

// They are words on the command line of apt-get and pip, and names of folders.
TEST_F(Catalog, TakesNoPackageThatIsAnOptionAndNoNameThatIsAPath) {
  for (const char* package : {"-o", "--config=x", "a b", "", "../a", "a/b", "a;b"}) {
    EXPECT_THAT(refusal(with("package", "package = \"" + std::string(package) + "\"")),
                HasSubstr("a word of letters, digits"))
        << package;
  }
  EXPECT_THAT(refusal(entry("", "\"../up\"")), HasSubstr("a corpus is called '../up'"));
  EXPECT_THAT(refusal(entry("", "\"\"")), HasSubstr("its name should be of a-z, 0-9 and -"));
}

TEST_F(Catalog, KnowsWhatWasMeant) {
  const auto catalog = read(entry() + entry("", "tables"));
  EXPECT_EQ(find_corpus(catalog, "tables").name, "tables");
  try {
    find_corpus(catalog, "tabels");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::usage);
    EXPECT_THAT(failure.what(), HasSubstr("did you mean 'tables'?"));
    EXPECT_THAT(failure.what(), HasSubstr("it has: prose tables"));
  }
}

TEST(ShippedCatalog, HasForEachStageAndKindACorpusOfWhichEverythingIsSaid) {
  const auto catalog = read_catalog(GISTMILL_SOURCE_DIR "/data/catalog.toml");
  std::set<std::string> kinds;
  std::set<std::int64_t> stages;
  for (const CatalogCorpus& corpus : catalog) {
    kinds.insert(corpus.kind);
    stages.insert(corpus.stage);
    for (const std::int64_t number : {corpus.download, corpus.documents, corpus.bytes, corpus.tokens})
      EXPECT_GT(number, 0) << corpus.name;
  }
  EXPECT_EQ(kinds.size(), 5u);
  EXPECT_EQ(stages.size(), 2u);
}

}  // namespace
}  // namespace gistmill
