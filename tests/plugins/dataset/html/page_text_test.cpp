// What a reader sees of a page.
#include "plugins/dataset/html/page_text.hpp"

#include <gtest/gtest.h>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

std::string text_of(std::string_view html, const std::vector<std::string>& leave_out = {}) {
  return page_text(html, selectors_of(leave_out));
}

TEST(PageText, LeavesOutHeadScriptsStylesAndWhatIsHidden) {
  EXPECT_EQ(text_of("<!DOCTYPE html><html><head><title>T</title><style>b {}</style></head><body>"
                    "<script>if (a < b) x();</script><style>p {}</style><noscript>turn it on</noscript>"
                    "<template>t</template><p>Seen.<p hidden>Not.<!-- nor this --></body></html>"),
            "Seen.\n");
}

TEST(PageText, PutsAnEmptyLineAroundParagraphsAndALineEndAfterOtherBlocks) {
  EXPECT_EQ(text_of("<h1>Title</h1>\n<p>One\n  and   <b>bold</b>.</p><p>Two.</p><div>a</div><div>b</div>c"),
            "Title\n\nOne and bold.\n\nTwo.\n\na\nb\nc\n");
  EXPECT_EQ(text_of("<div><div><div><p>deep</p></div></div></div><p></p><p> </p><p>next</p>"),
            "deep\n\nnext\n");
  EXPECT_EQ(text_of("<ul><li>one<li>two<ul><li>inner</ul></ul><dl><dt>t<dd>d</dl>"),
            "one\ntwo\n\ninner\n\nt\nd\n");
}

TEST(PageText, KeepsBreaks) {
  EXPECT_EQ(text_of("a<br>b<br/>\n c<br><br>d<br><br><br>e"), "a\nb\nc\n\nd\n\ne\n");
}

TEST(PageText, KeepsTheLinesOfPre) {
  EXPECT_EQ(text_of("<p>Code:</p><pre>\ndef f(x):\n\treturn  x\n\n\n<b>f</b>(1)\n</pre><p>after</p>"),
            "Code:\n\ndef f(x):\n\treturn  x\n\n\nf(1)\n\nafter\n");
}

TEST(PageText, PutsTabsBetweenCellsAndEachRowOnALine) {
  EXPECT_EQ(text_of("<table><tr><th>a<th>b<tr><td><p>1</p></td>\n<td><p>2</p></td></tr>"
                    "<tr><td></td><td>3</td></tr><tr><td>4</td><td></td></tr></table>after"),
            "a\tb\n1\t2\n\t3\n4\n\nafter\n");
  EXPECT_EQ(text_of("<table><tr><td><p>menu</p><p>of two</p><td>page</table>"), "menu\n\nof two\tpage\n");
}

TEST(PageText, ResolvesEntities) {
  EXPECT_EQ(text_of("<p>a &lt; b &amp;&amp; c &copy; &#228;&#x1F600; &eacute &nosuch; AT&T"),
            "a < b && c \u00a9 \u00e4\U0001F600 \u00e9 &nosuch; AT&T\n");
}

// By the parsing rules of the HTML standard, which browsers follow.
TEST(PageText, ReadsBrokenMarkupAsBrowsersDo) {
  EXPECT_EQ(text_of("<p>one<p>two</div></span><b>three"), "one\n\ntwothree\n");
  EXPECT_EQ(text_of("<table><p>out<tr><td>in</table>"), "out\n\nin\n") << "text moves out of a table";
  EXPECT_EQ(text_of("<b><i>x</b>y</i> <p title=\"a > b\">z"), "xy\n\nz\n");
  EXPECT_EQ(text_of("a < b and c <3"), "a < b and c <3\n");
  EXPECT_EQ(text_of("cut <a href='x"), "cut\n");
  EXPECT_EQ(text_of(""), "");
  EXPECT_EQ(text_of("<html>"), "");
}

TEST(PageText, LeavesOutWhatIsAskedFor) {
  const std::string page =
      "<nav>menu</nav><h1>T<a class='x headerlink' href='#t'>P</a></h1><div "
      "id=footer>f</div><my-ad>buy</my-ad>";
  EXPECT_EQ(text_of(page), "menu\n\nTP\n\nf\nbuy\n");
  EXPECT_EQ(text_of(page, {"nav", ".headerlink", "#footer", "my-ad"}), "T\n");
  EXPECT_EQ(text_of(page, {".header", "#foot"}), "menu\n\nTP\n\nf\nbuy\n") << "whole names";
}

TEST(PageText, RefusesSelectorsThatItDoesNotKnow) {
  for (const char* text : {"", ".", "div.x", "div p", "a[href]"}) {
    try {
      selectors_of({text});
      ADD_FAILURE() << text << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.key, "leave_out");
    }
  }
}

TEST(PageText, TakesDeepNesting) {
  std::string page;
  for (int i = 0; i < 20000; ++i) page += "<i>";
  EXPECT_EQ(text_of(page + "deep"), "deep\n");
}

}  // namespace
}  // namespace gistmill::dataset
