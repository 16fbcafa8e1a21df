#include "host/corpora/member_path.hpp"

#include <gtest/gtest.h>

namespace gistmill {
namespace {

TEST(MemberPath, IsRelativeAndWithoutPartsThatSayNothing) {
  EXPECT_EQ(member_path("./usr//share/./a.txt"), "usr/share/a.txt");
  EXPECT_EQ(member_path("a/"), "a");
  EXPECT_EQ(member_path("./"), ".");
  EXPECT_EQ(member_path("Bäume/..."), "Bäume/...");
}

TEST(MemberPath, IsEmptyWhereTheNameLeadsOutOfTheFolderOrCannotBeShown) {
  for (const char* name : {"", "/etc/passwd", "..", "../a", "a/../../b", "a/..", "./../a", "a\nb", "a\x1b[2J",
                           "\xC2\x9B"
                           "2J",
                           "\xFF"})
    EXPECT_EQ(member_path(name), "") << name;
  EXPECT_EQ(member_path(std::string("a\0b", 3)), "");
  EXPECT_EQ(member_path(std::string(5000, 'a')), "");
}

TEST(MemberPath, MatchesAcrossFolders) {
  EXPECT_TRUE(matches("a/b/c.py", "*.py"));
  EXPECT_TRUE(matches("net/zerrors.go", "*/z*.go"));
  EXPECT_FALSE(matches("a/b/c.pyc", "*.py"));
  EXPECT_FALSE(matches("xcmd/a", "cmd/*"));
}

}  // namespace
}  // namespace gistmill
