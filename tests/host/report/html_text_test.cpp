// Nothing that a run wrote can become markup.
#include "host/report/html_text.hpp"

#include <gtest/gtest.h>

namespace gistmill {
namespace {

TEST(HtmlText, EscapesMarkupAndQuotes) {
  EXPECT_EQ(escaped("<b a='1' c=\"2\">&amp;"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;");
}

TEST(HtmlText, KeepsUtf8NewlinesAndTabs) { EXPECT_EQ(escaped("größer\t€\n𝄞"), "größer\t€\n𝄞"); }

TEST(HtmlText, ReplacesControlCharacters) {
  EXPECT_EQ(escaped(std::string_view("a\x1b[31m\0b\x7f", 9)), "a\uFFFD[31m\uFFFDb\uFFFD");
}

TEST(HtmlText, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(escaped("a\xFFz"), "a\uFFFDz");                            // no lead byte
  EXPECT_EQ(escaped("a\xC3"), "a\uFFFD");                              // cut short
  EXPECT_EQ(escaped("\xC0\xBC"), "\uFFFD\uFFFD");                      // an overlong '<'
  EXPECT_EQ(escaped("\xE0\x80\xBC"), "\uFFFD\uFFFD\uFFFD");            // the same in three bytes
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // past U+10FFFF
}

}  // namespace
}  // namespace gistmill
