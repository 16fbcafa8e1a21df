// A corpus made of a package's file: whole or not at all. The program with downloads is in tests/e2e.
#include "host/corpora/fetch.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "host/diagnostic/failure.hpp"
#include "host/files/digest.hpp"
#include "tests/host/corpora/made_package.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Fetch : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              (std::string("fetch-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    corpus_.name = "prose";
    corpus_.package = "prose";
    corpus_.version = "1-1";
    corpus_.architecture = "all";
    corpus_.folder = "usr/share/prose";
    corpus_.take = {"*.txt"};
    corpus_.leave_out = {"old/*"};
    settings_.texts = folder_ / "text";
    settings_.package = folder_ / "prose.deb";
    settings_.stopped = [this] { return stop_ && --left_ < 0; };
    settings_.tell = [this](const std::string& line) { told_ += line + "\n"; };
  }
  void TearDown() override { fs::remove_all(folder_); }

  void given(const std::string& package, bool of_catalog = true) {
    std::ofstream(settings_.package, std::ios::binary) << package;
    if (of_catalog) corpus_.sha256 = sha256_file(settings_.package);
  }
  std::string refusal() {
    try {
      fetch_corpus(corpus_, settings_);
    } catch (const Failure& failure) {
      code_ = failure.code();
      return failure.what();
    }
    return "";
  }
  std::vector<std::string> names(const fs::path& folder) const {
    std::vector<std::string> found;
    if (!fs::exists(folder)) return found;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (!entry.is_directory()) found.push_back(entry.path().lexically_relative(folder).string());
    std::sort(found.begin(), found.end());
    return found;
  }

  fs::path folder_;
  CatalogCorpus corpus_;
  FetchSettings settings_;
  std::string told_;
  ExitCode code_ = ExitCode::ok;
  bool stop_ = false;
  int left_ = 0;  // questions that are answered with no before that
};

const std::vector<MadeMember> kMembers = {
    {"./usr/share/prose/a.txt", "one"},           {"./usr/share/prose/sub/b.txt", "second"},
    {"./usr/share/prose/old/c.txt", "not this"},  {"./usr/share/prose/d.md", "nor this"},
    {"./usr/share/prosecutor/e.txt", "nor this"}, {"./usr/share/doc/prose/copyright", "free"}};

TEST_F(Fetch, TakesWhatTheCatalogSaysAndTheLicenseAndNotesTheSource) {
  given(made_deb(kMembers));
  const LocalCorpus local = fetch_corpus(corpus_, settings_);
  EXPECT_TRUE(local.here && local.fetched);
  EXPECT_EQ(local.documents, 2);
  EXPECT_EQ(local.bytes, 9);
  EXPECT_EQ(local.version, "1-1");
  EXPECT_THAT(names(settings_.texts / "prose"),
              ElementsAre(".license/copyright", "a.txt", "source.toml", "sub/b.txt"));
  EXPECT_EQ(told_, "");
  EXPECT_THAT(names(settings_.texts), ::testing::SizeIs(4));  // nothing beside it
}

TEST_F(Fetch, OfAnotherVersionWarnsAndNotesIt) {
  corpus_.sha256 = std::string(64, '0');
  given(made_deb(kMembers, "Package: prose\nVersion: 2-1\nArchitecture: all\n"), false);
  EXPECT_EQ(fetch_corpus(corpus_, settings_).version, "2-1");
  EXPECT_THAT(told_, HasSubstr("warning: prose is version 2-1, the catalog's figures are of 1-1"));
  EXPECT_THAT(told_, HasSubstr("https://snapshot.debian.org/package/"));
}

TEST_F(Fetch, OfTheSameVersionWithAnotherDigestIsRefused) {
  corpus_.sha256 = std::string(64, '0');
  given(made_deb(kMembers), false);
  EXPECT_THAT(refusal(), HasSubstr("when the catalog says " + corpus_.sha256 + "; nothing of it was kept"));
  EXPECT_THAT(names(settings_.texts), IsEmpty());
}

// Its files are the same for all; its digest is the catalog's architecture's.
TEST_F(Fetch, OfAnotherArchitectureIsTakenWithoutComparingDigests) {
  corpus_.sha256 = std::string(64, '0');
  corpus_.architecture = "amd64";
  given(made_deb(kMembers, "Package: prose\nVersion: 1-1\nArchitecture: arm64\n"), false);
  EXPECT_EQ(fetch_corpus(corpus_, settings_).documents, 2);
}

TEST_F(Fetch, OfAnotherPackageIsRefused) {
  corpus_.sha256 = std::string(64, '0');
  given(made_deb(kMembers, "Package: poems\nVersion: 1-1\nArchitecture: all\n"), false);
  EXPECT_THAT(refusal(), HasSubstr("is the package 'poems' when prose is of 'prose'"));
}

// A version of PyPI never changes.
TEST_F(Fetch, OfAWheelNeedsTheCatalogsDigest) {
  corpus_.source = PackageSource::pypi;
  corpus_.folder = "prose";
  given(made_wheel({{"prose/a.txt", "one"}, {"prose-1.dist-info/licenses/MIT.txt", "free"}}));
  EXPECT_EQ(fetch_corpus(corpus_, settings_).documents, 1);
  EXPECT_THAT(names(settings_.texts / "prose"), ElementsAre(".license/MIT.txt", "a.txt", "source.toml"));
  fs::remove_all(settings_.texts);
  corpus_.sha256 = std::string(64, '0');
  EXPECT_THAT(refusal(), HasSubstr("when the catalog says"));
}

TEST_F(Fetch, OfAFileThatIsNoPackageSaysWhatItIsAndWhatToName) {
  corpus_.sha256 = std::string(64, '0');
  const std::string debian =
      " when it should be a package of Debian, a .deb, which begins with '!<arch>'\n  name the file of prose "
      "1-1 of Debian with --package FILE, or leave the option out and it is downloaded; nothing was kept";
  const std::vector<std::pair<std::string, std::string>> files = {
      {"", "an empty file"},
      {"\n<!DOCTYPE html>\n<p>404", "a web page, such as servers send in the place of a file that they lack"},
      {made_wheel({{"a", "text"}}), "a zip archive or a .whl"},
      {"\x1F\x8B\x08 ...", "compressed by gzip, as source packages are"},
      {std::string(257, 'x') + "ustar  ", "a tar archive"},
      {"two\x1B words\nand more", "a file that begins with 'two\\x1b words'"}};
  for (const auto& [bytes, what] : files) {
    given(bytes, false);
    EXPECT_THAT(refusal(), HasSubstr("prose.deb is " + what + debian));
    EXPECT_EQ(code_, ExitCode::usage);
  }
  corpus_.source = PackageSource::pypi;
  given(made_deb(kMembers), false);
  EXPECT_THAT(refusal(),
              HasSubstr("is a .deb package or another archive of ar when it should be a package of "
                        "PyPI, a .whl, which is a zip archive and begins with 'PK'"));
  EXPECT_THAT(names(settings_.texts), IsEmpty());
}

TEST_F(Fetch, OfAPackageWithoutSuchFilesIsRefused) {
  given(made_deb({{"./usr/share/prose/a.md", "text"}}));
  EXPECT_THAT(refusal(), HasSubstr("prose 1-1 holds no file that prose is made of"));
  EXPECT_THAT(names(settings_.texts), IsEmpty());
}

TEST_F(Fetch, OfAPackageThatHoldsANameTwiceOrAFileAsAFolderIsRefused) {
  given(made_deb({{"./usr/share/prose/a.txt", "one"}, {"./usr/share/prose/a.txt", "two"}}));
  EXPECT_THAT(refusal(), HasSubstr("text/prose/a.txt: file exists"));
  given(made_deb({{"./usr/share/prose/a.txt", "one"}, {"./usr/share/prose/a.txt/b.txt", "two"}}));
  EXPECT_THAT(refusal(), HasSubstr("text/prose/a.txt"));
  EXPECT_THAT(names(settings_.texts), IsEmpty());
}

TEST_F(Fetch, StoppedAtAnyMomentLeavesNothing) {
  given(made_deb(kMembers));
  stop_ = true;
  int stopped = 0;
  for (int moment = 0; moment < 100; ++moment) {
    left_ = moment;
    const std::string said = refusal();
    if (said.empty()) break;
    ++stopped;
    EXPECT_EQ(code_, ExitCode::interrupted);
    EXPECT_THAT(said, HasSubstr("stopped; nothing is half done"));
    EXPECT_THAT(names(settings_.texts), IsEmpty());
  }
  EXPECT_GE(stopped, 6);  // at least once for each member
  EXPECT_TRUE(local_corpus(corpus_, settings_.texts).fetched);
}

TEST_F(Fetch, WithoutRoomSaysHowMuchIsNeeded) {
  given(made_deb(kMembers));
  corpus_.bytes = std::int64_t{1} << 60;
  EXPECT_THAT(refusal(), HasSubstr("no room for prose: 1152921504.7 GB are needed"));
  EXPECT_THAT(names(settings_.texts), IsEmpty());
}

TEST_F(Fetch, LeavesSomebodysFolderAsItIs) {
  fs::create_directories(settings_.texts / "prose");
  EXPECT_FALSE(local_corpus(corpus_, settings_.texts).here);  // an empty folder is none
  std::ofstream(settings_.texts / "prose/own.txt") << "mine";
  const LocalCorpus local = local_corpus(corpus_, settings_.texts);
  EXPECT_TRUE(local.here);
  EXPECT_FALSE(local.fetched);
  given(made_deb(kMembers));
  EXPECT_THAT(refusal(), HasSubstr("file exists"));
  EXPECT_THAT(names(settings_.texts), ElementsAre("prose/own.txt"));
}

TEST_F(Fetch, LetsAReaderMakeTheTextAndSaysWhatItSaid) {
  settings_.reader = folder_ / "reader.py";
  std::ofstream(settings_.reader) << R"(import pathlib, sys
kind, unpacked, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
if kind == "broken": sys.exit("error: no chapter found")
text = (unpacked / "usr/share/prose/a.txt").read_text()
(out / "whole__01.txt").write_text(text.upper())
)";
  given(made_deb(kMembers));
  corpus_.reader = "upper";
  EXPECT_EQ(fetch_corpus(corpus_, settings_).documents, 1);
  EXPECT_THAT(names(settings_.texts / "prose"),
              ElementsAre(".license/copyright", "source.toml", "whole__01.txt"));
  fs::remove_all(settings_.texts);
  corpus_.reader = "broken";
  EXPECT_THAT(refusal(), HasSubstr("the text of prose could not be read; nothing of it was kept"));
  EXPECT_THAT(refusal(), HasSubstr("error: no chapter found"));
  EXPECT_THAT(names(settings_.texts), IsEmpty());
}

}  // namespace
}  // namespace gistmill
