// What a package holds, and what it must not: members that lead out of the folder, that are too many or too
// large.
#include "host/corpora/package.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "host/diagnostic/failure.hpp"
#include "tests/host/corpora/made_package.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Package : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(file_); }
  void given(const std::string& bytes) { std::ofstream(file_, std::ios::binary) << bytes; }
  std::vector<std::string> members(PackageSource source = PackageSource::debian) {
    std::vector<std::string> found;
    for_each_member(file_, source, limits_, [&](PackageMember& member) {
      const std::string path = member.path();
      found.push_back(path + "=" + member.read_all());
    });
    return found;
  }
  std::string refusal(PackageSource source = PackageSource::debian) {
    try {
      members(source);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::failed);
      return failure.message();
    }
    return "";
  }

  std::filesystem::path file_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("package-") + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".deb");
  PackageLimits limits_;
};

TEST_F(Package, OfDebianGivesItsPlainFilesWhateverTheyAreCompressedWith) {
  for (const auto filter : {archive_write_add_filter_xz, archive_write_add_filter_gzip,
                            archive_write_add_filter_zstd, archive_write_add_filter_none}) {
    given(made_deb({{"./usr/", "", AE_IFDIR}, {"./usr/a.txt", "one"}, {"./usr/b.txt", ""}}, "Package: p\n",
                   filter));
    EXPECT_THAT(members(), ElementsAre("usr/a.txt=one", "usr/b.txt="));
  }
}

TEST_F(Package, OfPyPIIsAZip) {
  given(made_wheel({{"p/a.csv", "x,y\n"}, {"p-1.dist-info/LICENSE", "free"}}));
  EXPECT_THAT(members(PackageSource::pypi), ElementsAre("p/a.csv=x,y\n", "p-1.dist-info/LICENSE=free"));
}

TEST_F(Package, SaysItsNameVersionAndArchitecture) {
  given(made_deb(
      {},
      "Package: prose\nVersion: 1:2.0-3+deb12u1\nDescription: long\n Package: no\nArchitecture: amd64\n"));
  const DebianControl control = read_control(file_);
  EXPECT_EQ(control.package, "prose");
  EXPECT_EQ(control.version, "1:2.0-3+deb12u1");
  EXPECT_EQ(control.architecture, "amd64");
}

TEST_F(Package, LinksAndDevicesArePassedOver) {
  given(made_deb({{"./a", "text"},
                  {"./out", "", AE_IFLNK, "/etc/passwd"},
                  {"./same", "", AE_IFREG, "", "./a"},
                  {"./tube", "", AE_IFIFO}}));
  EXPECT_THAT(members(), ElementsAre("a=text"));
}

TEST_F(Package, WithANameThatLeadsOutIsRefused) {
  for (const char* name : {"/etc/cron.d/x", "../x", "usr/../../x", "a\x1b]0;x"}) {
    given(made_deb({{name, "text"}}));
    EXPECT_THAT(refusal(), HasSubstr("holds a name that no package should have")) << name;
  }
  given(made_wheel({{"../x", "text"}}));
  EXPECT_THAT(refusal(PackageSource::pypi), HasSubstr("holds a name that no package should have: '../x'"));
}

TEST_F(Package, OfMoreMembersThanTheLimitIsRefused) {
  limits_.members = 2;
  given(made_deb({{"a", ""}, {"b", ""}, {"c", ""}}));
  EXPECT_THAT(refusal(), HasSubstr("holds more than 2 members"));
}

TEST_F(Package, WithAFileAboveTheLimitIsRefusedWhileItIsRead) {
  limits_.member = 100'000;
  given(made_deb({{"a", std::string(100'001, 'a')}}));
  EXPECT_THAT(refusal(), HasSubstr("holds a of more than 100 kB"));
  given(made_wheel({{"a", std::string(100'001, 'a')}}));
  EXPECT_THAT(refusal(PackageSource::pypi), HasSubstr("holds a of more than 100 kB"));
}

TEST_F(Package, ThatUnpacksIntoMoreThanTheLimitIsRefusedWithoutReadingIt) {
  limits_.all = 1'000'000;
  given(made_deb({{"a", std::string(600'000, 'a')}, {"b", std::string(600'000, 'b')}}));
  EXPECT_THAT(refusal(), HasSubstr("holds more than 1 MB when it is unpacked"));
}

TEST_F(Package, CutAtAnyByteIsRefusedOrWithoutItsLastFiles) {
  const std::string whole = made_deb({{"a", std::string(3000, 'a')}, {"b", "text"}});
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    given(whole.substr(0, size));
    try {
      for (const std::string& member : members()) EXPECT_THAT(member, HasSubstr("=a"));
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::failed);
    }
  }
}

TEST_F(Package, ThatIsNoneSaysSo) {
  for (const std::string& bytes : {std::string("text"), made_wheel({{"a", "text"}})}) {
    given(bytes);
    EXPECT_THAT(refusal(), HasSubstr("is no whole package: "));
  }
  ArchiveBytes other(archive_write_set_format_ar_svr4, archive_write_add_filter_none);
  other.add({"notes", "text"});
  given(other.finish());
  EXPECT_THAT(refusal(), HasSubstr("has no data.tar*, so it is no Debian package"));
  std::filesystem::remove(file_);
  EXPECT_THAT(refusal(), HasSubstr("is no whole package: "));
}

}  // namespace
}  // namespace gistmill
