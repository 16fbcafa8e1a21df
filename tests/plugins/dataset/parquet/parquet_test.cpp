// Files that Hugging Face datasets and pyarrow wrote (fixtures/make_tables.py), as the host reads them.
#include "plugins/dataset/parquet/parquet.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <memory>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset {
namespace {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string fixture(const std::string& name) {
  return std::string(GISTMILL_SOURCE_DIR) + "/tests/plugins/dataset/parquet/fixtures/" + name;
}

std::string shown(const Tensor& tensor) {
  const auto* data = tensor.data<std::uint8_t>();
  return {data, data + tensor.size()};
}

std::string ids_shown(const Tensor& tensor) {
  std::string text;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    text += (i == 0 ? "" : " ") + std::to_string(tensor.data<std::int32_t>()[i]);
  }
  return text;
}

class ParquetTest : public ::testing::Test {
 protected:
  static PlainTable options(const std::vector<std::string>& files, const PlainTable& changes) {
    PlainTable all = {{"files", files},
                      {"extensions", std::vector<std::string>{".parquet"}},
                      {"field", std::string("text")},
                      {"template", std::string()},
                      {"validation", 0.0},
                      {"hold_out", std::vector<std::string>{}},
                      {"group", std::string("document")},
                      {"invalid", std::string("replace")},
                      {"salt", std::string()},
                      {"packed", std::string()}};
    for (const auto& [key, value] : changes) all[key] = value;
    return all;
  }
  static std::unique_ptr<Parquet> parquet(const std::string& file, const PlainTable& changes = {}) {
    return std::make_unique<Parquet>(PlainOptions(options({fixture(file)}, changes)).get());
  }
  static std::unique_ptr<ParquetIds> ids(const std::string& file) {
    return std::make_unique<ParquetIds>(
        PlainOptions(options({fixture(file)}, {{"field", std::string("input_ids")}})).get());
  }

  // "name|text|split" of every document, and the error that ended them.
  template <class Source>
  static std::vector<std::string> all(Source& source, std::string (*show)(const Tensor&) = shown) {
    std::vector<std::string> found;
    try {
      for (;;) {
        const auto [content, name, split, file, digest] = source.next();
        found.push_back(shown(name) + "|" + show(content) + "|" +
                        std::to_string(*split.template data<std::int32_t>()));
      }
    } catch (const EndOfData&) {
    } catch (const Error& error) {
      found.push_back(error.what());
    }
    return found;
  }

  ScratchFolder folder_;
};

TEST_F(ParquetTest, GivesEveryRowWithTextUnderFileAndRow) {
  EXPECT_THAT(all(*parquet("pages.parquet")), ElementsAre("pages.parquet#1|The first page.|0",
                                                          "pages.parquet#3|Zweite Seite: ä\nNeue Zeile.|0",
                                                          "pages.parquet#5|A third page, 𝄞.|0"));
}

TEST_F(ParquetTest, ReadsEveryCompressionAndManyRowGroups) {
  for (const std::string codec : {"none", "gzip", "zstd", "brotli", "lz4"}) {
    const std::string file = "pages_" + codec + ".parquet";
    EXPECT_THAT(all(*parquet(file)),
                ElementsAre(file + "#1|The first page.|0", file + "#3|Zweite Seite: ä\nNeue Zeile.|0",
                            file + "#5|A third page, 𝄞.|0"));
  }
}

TEST_F(ParquetTest, JoinsColumnsAndFieldsWithinThemInATemplate) {
  EXPECT_THAT(
      all(*parquet("pages.parquet", {{"template", std::string("{id}. {title}: {meta.lang} {meta.words}")}})),
      ElementsAre("pages.parquet#1|1. One: en 3|0", "pages.parquet#2|2. Two: en 4|0",
                  "pages.parquet#3|3. : en 5|0", "pages.parquet#4|4. Four: en 6|0",
                  "pages.parquet#5|5. Five: en 7|0"));
}

TEST_F(ParquetTest, TakesAFieldWithinAColumn) {
  EXPECT_THAT(all(*parquet("pages.parquet", {{"field", std::string("meta.lang")}}))[0],
              "pages.parquet#1|en|0");
}

TEST_F(ParquetTest, GivesChatMessagesAsTheJsonThatATemplateTakes) {
  EXPECT_THAT(all(*parquet("chats.parquet", {{"field", std::string("messages")}})),
              ElementsAre("chats.parquet#1|[{\"content\":\"Hi \\\"there\\\"\",\"role\":\"user\"},"
                          "{\"content\":\"Hello.\",\"role\":\"assistant\"}]|0",
                          "chats.parquet#3|[{\"content\":\"Be brief.\",\"role\":\"system\"}]|0"));
}

TEST_F(ParquetTest, ReadsTextThatIsStoredAsADictionary) {
  EXPECT_THAT(all(*parquet("dictionary.parquet")),
              ElementsAre("dictionary.parquet#1|red|0", "dictionary.parquet#2|green|0",
                          "dictionary.parquet#3|red|0"));
}

TEST_F(ParquetTest, GoesOnFromASavedPosition) {
  const auto first = parquet("pages.parquet");
  first->next();
  const auto second = parquet("pages.parquet");
  second->load_state(first->save_state());
  EXPECT_EQ(second->save_state(), first->save_state());
  EXPECT_EQ(all(*second)[0], "pages.parquet#3|Zweite Seite: ä\nNeue Zeile.|0");
}

TEST_F(ParquetTest, GivesListsOfTokenIdsOfAnyWidth) {
  EXPECT_THAT(all(*ids("ids.parquet"), ids_shown),
              ElementsAre("ids.parquet#1|1 2 3|0", "ids.parquet#3|65536 0|0"));
  EXPECT_THAT(all(*ids("ids_small.parquet"), ids_shown),
              ElementsAre("ids_small.parquet#1|1 2|0", "ids_small.parquet#3|3|0"));
}

TEST_F(ParquetTest, RefusesIdsThatAreNone) {
  EXPECT_THAT(all(*ids("ids_negative.parquet"), ids_shown)[0],
              HasSubstr("ids_negative.parquet: row 1 has -1 when a token id is 0 to 2147483647"));
  EXPECT_THAT(all(*ids("ids_null.parquet"), ids_shown)[0],
              HasSubstr("ids_null.parquet: row 1: a number of the list is null"));
  EXPECT_THAT(
      all(*parquet("ids.parquet", {{"field", std::string("input_ids")}}))[0],
      HasSubstr("holds list<element: int32> when it should hold text or chat messages; dataset/parquet-ids "
                "reads token ids"));
}

TEST_F(ParquetTest, NamesTheColumnsOfAFileThatLacksTheOne) {
  EXPECT_THAT(
      all(*parquet("pages.parquet", {{"field", std::string("body")}}))[0],
      HasSubstr("pages.parquet: there is no column 'body'; the file has 'id', 'title', 'text', 'meta'"));
  EXPECT_THAT(all(*parquet("pages.parquet", {{"field", std::string("meta.size")}}))[0],
              HasSubstr("pages.parquet: row 1: there is no field 'meta.size'"));
}

TEST_F(ParquetTest, RefusesAColumnThatHoldsNoText) {
  EXPECT_THAT(all(*parquet("pages.parquet", {{"field", std::string("id")}}))[0],
              HasSubstr("column 'id' holds int64 when it should hold text or chat messages"));
}

TEST_F(ParquetTest, SaysThatAFileHasNoText) {
  EXPECT_THAT(all(*parquet("empty.parquet"))[0],
              HasSubstr("no text in 1 files: no row of column 'text' holds any"));
}

TEST_F(ParquetTest, RefusesWhatIsNoParquetOrWasCutShort) {
  const std::string path = folder_ / "cut.parquet";
  std::ifstream whole(fixture("pages.parquet"), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, bytes.size() / 2, bytes.size() - 1}) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
    Parquet source(PlainOptions(options({path}, {})).get());
    EXPECT_THAT(all(source)[0], HasSubstr("cut.parquet: ")) << size << " bytes";
  }
}

}  // namespace
}  // namespace gistmill::dataset
