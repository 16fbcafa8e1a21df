// gistmill data, with stand-ins for apt-get and pip: what is asked of them, and what is said and left where
// they fail or are stopped. Packages are made by dpkg-deb and Python's zipfile.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DataVerb : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (std::system("command -v dpkg-deb > /dev/null && command -v python3 > /dev/null") != 0)
      GTEST_SKIP() << "dpkg-deb and python3 make the packages of this test";
    write("tree/usr/share/prose/a.txt", "one\n");
    write("tree/usr/share/prose/sub/b.txt", "second\n");
    make_package("1-1");
    stand_in("apt-get", R"(echo "$@" >> "$SCRATCH/asked"
cp "$SCRATCH/prose.deb" .
)");
    write_catalog(digest("prose.deb"));
  }

  void make_package(const std::string& version) {
    write("tree/DEBIAN/control", "Package: prose\nVersion: " + version +
                                     "\nArchitecture: all\nMaintainer: a <a@localhost>\nDescription: text\n");
    shell("dpkg-deb --build -Zxz tree prose.deb");
  }
  void make_wheel() {
    shell(
        "python3 -c \"import zipfile; zipfile.ZipFile('rows-1.0-py3-none-any.whl', "
        "'w').writestr('rows/a.csv', 'x,y\\n1,2\\n')\"");
  }
  void write_catalog(const std::string& sha256, const std::string& more = "") {
    write("catalog.toml",
          "[text.prose]\ntitle = \"Prose\"\npurpose = \"a test\"\nlicense = \"MIT\"\nkind = \"prose\"\n"
          "from = \"debian\"\npackage = \"prose\"\nversion = \"1-1\"\ndownload = 1000\nsha256 = \"" +
              sha256 + "\"\nfolder = \"usr/share/prose\"\ntake = [\"*.txt\"]\n" + more);
  }
  static std::string rows(const std::string& sha256) {
    return "[text.rows]\ntitle = \"Rows\"\npurpose = \"a test\"\nlicense = \"MIT\"\nkind = \"table\"\nfrom = "
           "\"pypi\"\n"
           "package = \"rows\"\nversion = \"1.0\"\nsha256 = \"" +
           sha256 + "\"\nfolder = \"rows\"\ntake = [\"*.csv\"]\n";
  }
  // A program on PATH, a shell script.
  void stand_in(const std::string& name, const std::string& script) {
    const fs::path file = write("bin/" + name, "#!/bin/sh\n" + script);
    fs::permissions(file, fs::perms::owner_all);
  }
  void shell(const std::string& command) const {
    ASSERT_EQ(std::system(("cd '" + folder_.string() + "' && (" + command + ") > /dev/null").c_str()), 0)
        << command;
  }
  std::string digest(const std::string& file) const {
    shell("sha256sum " + file + " > digest");
    return read(folder_ / "digest").substr(0, 64);
  }
  Answer data(const std::string& arguments, const std::string& path = "$PWD/bin:$PATH") const {
    return gistmill("data " + arguments + " --catalog catalog.toml",
                    "export SCRATCH=$PWD PATH=\"" + path + "\";");
  }
  // Everything below data/text, with what is hidden.
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    if (!fs::exists(folder_ / "data/text")) return names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "data/text"))
      names.push_back(entry.path().lexically_relative(folder_ / "data/text").string());
    return names;
  }
};

TEST_F(DataVerb, FetchesAPackageOfDebianAndDoesNothingTheSecondTime) {
  const Answer first = data("fetch prose");
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(first.out, "prose: 2 documents, 11 B in data/text/prose\n");
  EXPECT_EQ(read(folder_ / "data/text/prose/sub/b.txt"), "second\n");
  EXPECT_THAT(read(folder_ / "asked"),
              ::testing::MatchesRegex("download -qq -o APT::Sandbox::User=[^ ]+ prose=1-1\n"));
  const Answer second = data("fetch prose");
  EXPECT_EQ(second.code, 0);
  EXPECT_THAT(second.out, HasSubstr("already there"));
  for (const std::string& name : left()) EXPECT_NE(name[0], '.') << name;
  const std::string asked = read(folder_ / "asked");
  EXPECT_EQ(std::count(asked.begin(), asked.end(), '\n'), 1);
}

TEST_F(DataVerb, ListSaysWhatIsHere) {
  EXPECT_THAT(data("list").out, HasSubstr("not here; 1 kB to fetch"));
  ASSERT_EQ(data("fetch prose").code, 0);
  EXPECT_THAT(data("list").out, HasSubstr("here, in data/text/prose\n"));
  const auto json = nlohmann::json::parse(data("list --json").out);
  EXPECT_EQ(json[0]["name"], "prose");
  EXPECT_EQ(json[0]["here"], true);
  EXPECT_EQ(json[0]["fetched"]["documents"], 2);
  EXPECT_EQ(json[0]["license"], "MIT");
}

TEST_F(DataVerb, TheShippedCatalogIsFoundByTheProgram) {
  const Answer answer = gistmill("data list --json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_GE(nlohmann::json::parse(answer.out).size(), 10u);
}

TEST_F(DataVerb, OfAPackageThatDebianHasInANewerVersionWarnsAndTakesIt) {
  make_package("2-1");
  stand_in("apt-get",
           R"(case "$*" in *=1-1) echo "E: Version '1-1' for 'prose' was not found" >&2; exit 100;; esac
cp "$SCRATCH/prose.deb" .
)");
  const Answer answer = data("fetch prose");
  EXPECT_EQ(answer.code, 0);
  EXPECT_THAT(answer.err, HasSubstr("warning: prose is version 2-1, the catalog's figures are of 1-1"));
  EXPECT_THAT(answer.err, HasSubstr("--package FILE"));
  EXPECT_THAT(data("list").out, HasSubstr("of version 2-1"));
}

TEST_F(DataVerb, SaysWhyADownloadFailedAndWhatToDo) {
  const struct {
    const char* script;
    const char* said;
    const char* advice;
  } kCases[] = {
      {"echo \"E: Unable to locate package prose\" >&2; exit 100", "E: Unable to locate package prose",
       "apt-get update"},
      {"echo \"E: Failed to fetch http://deb: Temporary failure\" >&2; exit 100", "Temporary failure",
       "check the network"},
      {"exit 0", "could not be downloaded", "check the network"},
  };
  for (const auto& one : kCases) {
    stand_in("apt-get", one.script);
    const Answer answer = data("fetch prose");
    EXPECT_EQ(answer.code, 1);
    EXPECT_THAT(answer.err, HasSubstr("prose 1-1 of Debian could not be downloaded; nothing of it was kept"));
    EXPECT_THAT(answer.err, HasSubstr(one.said));
    EXPECT_THAT(answer.err, HasSubstr(one.advice));
    EXPECT_THAT(answer.err, HasSubstr("--package FILE"));
    EXPECT_THAT(left(), IsEmpty());
  }
}

TEST_F(DataVerb, WithoutAptGetSaysWhereThePackageIsAndTakesItsFile) {
  shell("mkdir few && ln -s \"$(command -v env)\" few/env");
  const Answer answer = data("fetch prose", "$PWD/few");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("apt-get was not found, so prose 1-1 of Debian cannot be downloaded"));
  EXPECT_THAT(answer.err, HasSubstr("https://packages.debian.org/bookworm/prose"));
  EXPECT_EQ(data("fetch prose --package prose.deb", "$PWD/few").code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "data/text/prose/a.txt"));
  EXPECT_TRUE(fs::exists(folder_ / "prose.deb"));
}

TEST_F(DataVerb, RefusesAPackageThatWasChanged) {
  write_catalog(std::string(64, 'a'));
  const Answer answer = data("fetch prose");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("when the catalog says " + std::string(64, 'a')));
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(DataVerb, FetchesAWheelByPip) {
  make_wheel();
  write_catalog(digest("prose.deb"), rows(digest("rows-1.0-py3-none-any.whl")));
  const std::string pip =
      "#!/bin/sh\necho \"$@\" >> \"$SCRATCH/asked\"\ncp \"$SCRATCH\"/rows-1.0-py3-none-any.whl .\n";
  fs::permissions(write(".venv/bin/python", pip), fs::perms::owner_all);
  const Answer answer = data("fetch rows");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(read(folder_ / "data/text/rows/a.csv"), "x,y\n1,2\n");
  EXPECT_THAT(read(folder_ / "asked"), HasSubstr("--no-deps --only-binary=:all: --dest . rows==1.0"));
  fs::permissions(write(".venv/bin/python", "#!/bin/sh\necho No module named pip >&2; exit 1\n"),
                  fs::perms::owner_all);
  fs::remove_all(folder_ / "data");
  EXPECT_THAT(data("fetch rows").err,
              HasSubstr("pip was not found, so rows 1.0 of PyPI cannot be downloaded"));
}

TEST_F(DataVerb, SaysWhatIsWrongOnTheCommandLineBeforeAnythingIsFetched) {
  const Answer unknown = data("fetch prose prosa");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("the catalog has no corpus 'prosa'\n  did you mean 'prose'?"));
  EXPECT_EQ(data("fetch").code, 2);
  write_catalog(digest("prose.deb"), rows(std::string(64, 'a')));
  EXPECT_THAT(data("fetch prose rows --package prose.deb").err,
              HasSubstr("--package is the package of one corpus"));
  for (const char* junk : {"none.deb", "/", "''"}) {
    const Answer wrong = data(std::string("fetch prose --package ") + junk);
    EXPECT_EQ(wrong.code, 2) << junk;
    EXPECT_THAT(wrong.err, HasSubstr(" when it should name a file, that of prose 1-1 of Debian")) << junk;
  }
  std::ofstream(folder_ / "page.deb") << "<html>not found</html>\n";
  const Answer page = data("fetch prose --package page.deb");
  EXPECT_EQ(page.code, 2);
  EXPECT_THAT(page.err, HasSubstr("page.deb is a web page"));
  EXPECT_THAT(page.err, HasSubstr("name the file of prose 1-1 of Debian with --package FILE"));
  const Answer missing = gistmill("data list --catalog none.toml");
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("none.toml"));
  EXPECT_FALSE(fs::exists(folder_ / "asked"));
}

// The shell that runs the program sends it a signal while the stand-in waits.
class StoppedDataVerb : public DataVerb, public ::testing::WithParamInterface<const char*> {};

TEST_P(StoppedDataVerb, LeavesNothingHalfDoneAndNoOtherProgram) {
  stand_in("apt-get", "echo $$ > \"$SCRATCH/waits\"\nexec sleep 60\n");
  const std::string program = std::string(GISTMILL_BUILD_DIR) + "/bin/gistmill";
  // A process that nobody waits for may stay as a zombie, which is as good as gone.
  const std::string script = "cd '" + folder_.string() + "'; export SCRATCH=$PWD PATH=\"$PWD/bin:$PATH\"\n'" +
                             program + "' data fetch prose --catalog catalog.toml 2> said &\npid=$!\n" +
                             R"(for i in $(seq 200); do [ -s waits ] && break; sleep 0.05; done
kill -)" + GetParam() + R"( $pid; wait $pid; echo $? > code
status=/proc/$(cat waits)/status
runs() { [ -e $status ] && ! grep -q 'State:.*Z' $status; }
for i in $(seq 50); do runs || exit 0; sleep 0.1; done; exit 1
)";
  EXPECT_EQ(std::system(("bash '" + write("stop.sh", script).string() + "'").c_str()), 0);
  const bool killed = GetParam() == std::string("KILL");
  EXPECT_EQ(read(folder_ / "code"), killed ? "137\n" : "130\n");
  if (!killed) {
    EXPECT_THAT(left(), IsEmpty());
    EXPECT_THAT(read(folder_ / "said"), HasSubstr("stopped; nothing is half done"));
  }
  for (const std::string& name : left()) EXPECT_EQ(name[0], '.') << name;  // which datasets pass over
  EXPECT_THAT(data("list").out, HasSubstr("not here"));
  stand_in("apt-get", "cp \"$SCRATCH/prose.deb\" .\n");
  EXPECT_EQ(data("fetch prose").code, 0);
}

INSTANTIATE_TEST_SUITE_P(By, StoppedDataVerb, ::testing::Values("INT", "TERM", "KILL"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace gistmill
