// The component as the host drives it: pages of files as documents, broken ones, a position that is kept.
#include "plugins/dataset/html/html.hpp"

#include <gmock/gmock.h>

#include <memory>

#include "plugins/dataset/html/pages.hpp"
#include "tests/plugins/dataset/tensor_bytes.hpp"
#include "tests/plugins/dataset/text_files.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::bytes;
using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;

class HtmlTest : public ::testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) const { test::put(folder_ / "site" / name, text); }
  std::string path(const std::string& name) const { return (folder_ / "site" / name).string(); }

  std::unique_ptr<Html> html(const PlainTable& changes = {}) const {
    PlainTable all = {{"files", std::vector<std::string>{folder_ / "site"}},
                      {"extensions", std::vector<std::string>{".html", ".htm"}},
                      {"leave_out", std::vector<std::string>{}},
                      {"broken", std::string("fail")},
                      {"invalid", std::string("replace")},
                      {"validation", 0.0},
                      {"hold_out", std::vector<std::string>{}},
                      {"group", std::string("file")},
                      {"salt", std::string()},
                      {"packed", std::string()}};
    for (const auto& [key, value] : changes) all[key] = value;
    return std::make_unique<Html>(PlainOptions(all).get());
  }

  // "name|text|split" of every document, and the error that ended them.
  static std::vector<std::string> all(Html& source) {
    std::vector<std::string> found;
    try {
      for (;;) {
        const auto [text, name, split, file, digest] = source.next();
        found.push_back(bytes(name) + "|" + bytes(text) + "|" + std::to_string(*split.data<std::int32_t>()));
      }
    } catch (const EndOfData&) {
    } catch (const Error& error) {
      found.push_back(error.what());
    }
    return found;
  }

  ScratchFolder folder_;
};

TEST_F(HtmlTest, GivesThePagesOfAFolderInOrderOfNames) {
  put("b/two.htm", "<title>x</title><p>Two.");
  put("a.html", "<meta charset=latin1><p>caf\xE9");
  put("empty.html", "<html><head><title>only a title</title></head></html>");
  put("style.css", "p {}");
  EXPECT_THAT(all(*html()), ElementsAre("site/a.html|caf\u00e9\n|0", "site/b/two.htm|Two.\n|0"));
}

TEST_F(HtmlTest, HoldsPagesOutAndLeavesPartsOfThemOut) {
  put("a.html", "<nav>menu</nav><p>One.");
  put("b.html", "<p>Two.");
  EXPECT_THAT(all(*html({{"leave_out", std::vector<std::string>{"nav"}},
                         {"hold_out", std::vector<std::string>{"site/b*"}}})),
              ElementsAre("site/a.html|One.\n|0", "site/b.html|Two.\n|1"));
}

TEST_F(HtmlTest, StopsAtAPageThatItCannotReadOrLeavesItOut) {
  put("a.html", "<meta charset=klingon><p>x");
  put("b.html", "<p>fine");
  EXPECT_THAT(all(*html()),
              ElementsAre(path("a.html") +
                          ": charset 'klingon' is not known; broken = \"skip\" leaves such pages out"));
  const PlainTable skip = {{"broken", std::string("skip")}};
  EXPECT_THAT(all(*html(skip)), ElementsAre("site/b.html|fine\n|0"));
  put("a.html", std::string_view("GIF\0\0", 5));
  EXPECT_THAT(all(*html()), ElementsAre(path("a.html") + ": it is not text: byte 3 is zero; broken = "
                                                         "\"skip\" leaves such pages out"));
  std::string deep;
  for (int i = 0; i < 2001; ++i) deep += "<div>";
  put("a.html", deep);
  EXPECT_THAT(all(*html()),
              ElementsAre(path("a.html") + ": elements are nested 2001 deep when at most 2000 are "
                                           "read; broken = \"skip\" leaves such pages out"));
  put("b.html", "");
  EXPECT_THAT(all(*html(skip)), ElementsAre("no text in 2 files: 1 are broken: " + path("a.html") +
                                            ": elements are nested 2001 deep when at most 2000 are read"));
}

TEST_F(HtmlTest, CountsOrRefusesBytesThatAreNotOfTheCharset) {
  put("a.html", "<meta charset=cp1252><p>\x81");
  put("b.html", "<p>caf\xE9");
  SourceOptions options;
  options.files = {path("a.html"), path("b.html")};
  options.validation = 0;
  Pages pages(options, {}, false);
  Document document;
  EXPECT_TRUE(pages.next(document));
  EXPECT_EQ(document.text, "\ufffd\n");
  EXPECT_TRUE(pages.next(document));
  EXPECT_FALSE(pages.next(document));
  EXPECT_THAT(pages.notes(), ElementsAre("2 byte sequences were not UTF-8 and became U+FFFD, the first in " +
                                         path("a.html")));
  EXPECT_THAT(all(*html({{"invalid", std::string("fail")}})),
              ElementsAre(path("a.html") + ": a byte is not of charset cp1252; invalid = \"replace\" puts "
                                           "U+FFFD in its place"));
}

TEST_F(HtmlTest, GoesOnFromItsState) {
  put("a.html", "<p>1");
  put("b.html", "<p>2");
  const auto source = html();
  source->next();
  const auto resumed = html();
  resumed->load_state(source->save_state());
  EXPECT_EQ(resumed->save_state(), "dataset/html 1 1");
  EXPECT_EQ(bytes(std::get<0>(resumed->next())), "2\n");
}

}  // namespace
}  // namespace gistmill::dataset
