#include "plugins/dataset/html/nesting.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gistmill::dataset {
namespace {

TEST(Nesting, CountsElementsThatAreOpen) {
  EXPECT_EQ(deepest_nesting(""), 0u);
  EXPECT_EQ(deepest_nesting("<div><b>x</b></div><DIV></DIV>"), 2u);
  EXPECT_EQ(deepest_nesting("<div><div><div>"), 3u);
  EXPECT_EQ(deepest_nesting("</div></div><div>"), 1u);
}

TEST(Nesting, LeavesOutElementsThatNeedNoEnd) {
  std::string page = "<ul>";
  for (int i = 0; i < 100; ++i) page += "<li>x<p>y<br><img src=a><a name=b>";
  EXPECT_EQ(deepest_nesting(page), 1u);
}

TEST(Nesting, DoesNotLookIntoScriptsAndComments) {
  EXPECT_EQ(deepest_nesting("<script>s = '<div><div></p>'</script><!-- <div><div> --><b>x</b>"), 1u);
  EXPECT_EQ(deepest_nesting("<title><div><div>"), 0u);
}

}  // namespace
}  // namespace gistmill::dataset
