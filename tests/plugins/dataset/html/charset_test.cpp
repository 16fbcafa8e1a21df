// Which charset a page has, and what becomes of its bytes.
#include "plugins/dataset/html/charset.hpp"

#include <gtest/gtest.h>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

std::uint64_t replaced = 0;

std::string converted(std::string_view page) {
  replaced = 0;
  return in_utf8(page, charset_of(page), replaced);
}

TEST(Charset, IsUtf8UnlessThePageSaysAnother) {
  EXPECT_EQ(charset_of("<p>x").name, "UTF-8");
  EXPECT_EQ(charset_of("<meta charset=utf-8>").name, "utf-8");
  EXPECT_EQ(converted("<meta charset=utf-8>\u00e9"), "<meta charset=utf-8>\u00e9");
  EXPECT_EQ(charset_of("<meta name=description content='charset'><p>").name, "UTF-8");
}

TEST(Charset, IsTheOneThatThePageDeclares) {
  EXPECT_EQ(charset_of("<html><META Charset = 'KOI8-R'>").name, "koi8-r");
  EXPECT_EQ(charset_of("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=koi8-r\">").name,
            "koi8-r");
  EXPECT_EQ(charset_of("<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><html>").name, "iso-8859-2");
  EXPECT_EQ(charset_of(std::string(1024, ' ') + "<meta charset=koi8-r>").name, "UTF-8") << "too late";
  EXPECT_EQ(converted("<meta charset=koi8-r>\xC4\xC1"), "<meta charset=koi8-r>\u0434\u0430");
}

TEST(Charset, OfLatin1IsWindows1252AsOnTheWeb) {
  EXPECT_EQ(converted("<meta charset=iso-8859-1>\x93\xE9\x94"),
            "<meta charset=iso-8859-1>\u201c\u00e9\u201d");
}

TEST(Charset, OfAByteOrderMarkCountsMost) {
  EXPECT_EQ(converted("\xEF\xBB\xBF<meta charset=koi8-r>\u00e9"), "<meta charset=koi8-r>\u00e9");
  EXPECT_EQ(converted(std::string_view("\xFF\xFE<\0p\0>\0\xE9\0", 10)), "<p>\u00e9");
  EXPECT_EQ(converted(std::string_view("\xFE\xFF\0<\0p\0>\0\xE9", 10)), "<p>\u00e9");
}

TEST(Charset, ThatIsUnknownIsRefusedByItsName) {
  for (const char* page :
       {"<meta charset=klingon>", "<meta charset='utf-8//IGNORE'>", "<meta charset=../x>"}) {
    try {
      converted(page);
      ADD_FAILURE() << page << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()), "charset '" + charset_of(page).declared + "' is not known");
    }
  }
}

TEST(Charset, BytesThatAreNotOfItAreReplacedAndCounted) {
  EXPECT_EQ(converted("<meta charset=shift_jis>\x82\xA0 \xFF\xFE \x82"),
            "<meta charset=shift_jis>\u3042 \ufffd\ufffd \ufffd");
  EXPECT_EQ(replaced, 3u);
}

}  // namespace
}  // namespace gistmill::dataset
