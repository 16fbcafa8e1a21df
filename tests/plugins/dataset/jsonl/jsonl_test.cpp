// The component as the host drives it: lines of files as documents, broken ones, an end, a position that is
// kept.
#include "plugins/dataset/jsonl/jsonl.hpp"

#include <gmock/gmock.h>

#include <memory>

#include <gistmill/formats/digest.hpp>

#include "plugins/dataset/jsonl/lines.hpp"
#include "plugins/store/packed/manifest.hpp"
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

class JsonlTest : public ::testing::Test {
 protected:
  void put(const std::string& name, std::string_view text) const { test::put(folder_ / name, text); }

  std::unique_ptr<Jsonl> jsonl(const PlainTable& changes = {}) const {
    PlainTable all = {{"files", std::vector<std::string>{folder_ / "t"}},
                      {"extensions", std::vector<std::string>{".jsonl"}},
                      {"field", std::string("text")},
                      {"template", std::string()},
                      {"broken", std::string("fail")},
                      {"validation", 0.0},
                      {"hold_out", std::vector<std::string>{}},
                      {"group", std::string("document")},
                      {"invalid", std::string("replace")},
                      {"salt", std::string()},
                      {"packed", std::string()}};
    for (const auto& [key, value] : changes) all[key] = value;
    return std::make_unique<Jsonl>(PlainOptions(all).get());
  }

  // "name|text|split" of every document, and the error that ended them.
  std::vector<std::string> all(Jsonl& source) const {
    std::vector<std::string> found;
    try {
      for (;;) {
        const auto [text, name, split, file, digest] = source.next();
        found.push_back(bytes(name) + "|" + bytes(text) + "|" + std::to_string(*split.data<std::int32_t>()));
      }
    } catch (const EndOfData&) {
    } catch (const Error& error) {
      const std::string message = error.what();
      const std::string at = folder_.path().string() + "/";
      found.push_back(message.rfind(at, 0) == 0 ? message.substr(at.size()) : message);
    }
    return found;
  }

  ScratchFolder folder_;
};

TEST_F(JsonlTest, GivesEveryLineOfEveryFileUnderFileAndLine) {
  put("t/b.jsonl", R"({"text": "third"})");
  put("t/a.jsonl", "{\"text\": \"first\"}\n\n{\"text\": \"second\", \"id\": 2}\n");
  put("t/notes.txt", "no JSON");
  EXPECT_THAT(all(*jsonl()),
              ElementsAre("t/a.jsonl:1|first|0", "t/a.jsonl:3|second|0", "t/b.jsonl:1|third|0"));
}

TEST_F(JsonlTest, TakesBomCrlfAndBytesThatAreNotUtf8) {
  put("t/a.jsonl", "\xEF\xBB\xBF{\"text\": \"caf\xE9\"}\r\n{\"text\": \"a\\r\\nb\"}\r\n");
  EXPECT_THAT(all(*jsonl()), ElementsAre("t/a.jsonl:1|caf\uFFFD|0", "t/a.jsonl:2|a\nb|0"));
}

TEST_F(JsonlTest, TakesALineOfTensOfMegabytes) {
  const std::string words(30'000'000, 'x');
  put("t/a.jsonl", "{\"text\": \"" + words + "\"}\n{\"text\": \"short\"}\n");
  const auto source = jsonl();
  EXPECT_EQ(std::get<0>(source->next()).size(), 30'000'000);
  EXPECT_EQ(bytes(std::get<0>(source->next())), "short");
}

TEST_F(JsonlTest, LeavesOutLinesWithoutText) {
  put("t/a.jsonl", "{\"text\": \"\"}\n{\"text\": null}\n{\"text\": \" \\n\"}\n{\"text\": \"x\"}\n");
  EXPECT_THAT(all(*jsonl()), ElementsAre("t/a.jsonl:4|x|0"));
}

TEST_F(JsonlTest, StopsAtABrokenLineWithFileAndLine) {
  put("t/a.jsonl", "{\"text\": \"x\"}\n{\"body\": \"y\"}\n");
  EXPECT_THAT(all(*jsonl()),
              ElementsAre("t/a.jsonl:1|x|0",
                          "t/a.jsonl:2: there is no field 'text'; the object has 'body'; broken = \"skip\" "
                          "leaves such lines out"));
}

TEST_F(JsonlTest, LeavesBrokenLinesOutWhereThatIsAskedFor) {
  put("t/a.jsonl", "{\"text\": \"x\"}\n{\"text\": \nnonsense\n{\"text\": \"y\"}\n");
  const PlainTable skip = {{"broken", std::string("skip")}};
  EXPECT_THAT(all(*jsonl(skip)), ElementsAre("t/a.jsonl:1|x|0", "t/a.jsonl:4|y|0"));
  put("t/a.jsonl", "[1]\n[2]\n");
  EXPECT_THAT(all(*jsonl(skip)), ElementsAre("no text in 1 files: 2 of 2 lines are broken, the first at " +
                                             (folder_ / "t/a.jsonl").string() +
                                             ":1: the line is an array when it should be an object"));
}

TEST_F(JsonlTest, CountsTheLinesThatItLeftOut) {
  put("a.jsonl", "{\"text\": \"x\"}\n[1]\n[2]\n");
  SourceOptions options;
  options.files = {folder_ / "a.jsonl"};
  options.validation = 0;
  Lines lines(options, RecordText::of_field("text"), true);
  for (Document document; lines.next(document);) EXPECT_EQ(document.name, "a.jsonl:1");
  EXPECT_EQ(lines.lines(), 3u);
  EXPECT_EQ(lines.broken(), 2u);
  EXPECT_EQ(lines.first_broken(),
            (folder_ / "a.jsonl").string() + ":2: the line is an array when it should be an object");
}

TEST_F(JsonlTest, SaysWhereNoFileHasText) {
  put("t/a.jsonl", "\n\n");
  EXPECT_THAT(all(*jsonl()), ElementsAre("no text in 1 files: each is empty"));
  put("t/a.jsonl", "{\"text\": \"\"}\n");
  EXPECT_THAT(all(*jsonl()), ElementsAre("no text in 1 files: none of 1 lines holds any"));
}

TEST_F(JsonlTest, FillsATemplate) {
  put("t/a.jsonl", R"({"title": "T", "body": "B"})");
  EXPECT_THAT(all(*jsonl({{"template", std::string("{title}: {body}")}})), ElementsAre("t/a.jsonl:1|T: B|0"));
}

TEST_F(JsonlTest, HoldsDocumentsOrFilesOut) {
  put("t/a.jsonl", "{\"text\": \"x\"}\n{\"text\": \"y\"}\n");
  put("t/b.jsonl", "{\"text\": \"z\"}\n");
  EXPECT_THAT(all(*jsonl({{"hold_out", std::vector<std::string>{"t/a.jsonl:2"}}})),
              ElementsAre("t/a.jsonl:1|x|0", "t/a.jsonl:2|y|1", "t/b.jsonl:1|z|0"));
  EXPECT_THAT(all(*jsonl({{"hold_out", std::vector<std::string>{"t/a*"}}, {"group", std::string("file")}})),
              ElementsAre("t/a.jsonl:1|x|1", "t/a.jsonl:2|y|1", "t/b.jsonl:1|z|0"));
}

TEST_F(JsonlTest, GoesOnFromItsState) {
  put("t/a.jsonl", "{\"text\": \"1\"}\n[0]\n{\"text\": \"2\"}\n");
  put("t/b.jsonl", "{\"text\": \"3\"}\n");
  const PlainTable skip = {{"broken", std::string("skip")}};
  for (int taken = 0; taken < 3; ++taken) {
    const auto source = jsonl(skip);
    for (int i = 0; i < taken; ++i) source->next();
    const auto resumed = jsonl(skip);
    resumed->load_state(source->save_state());
    EXPECT_EQ(resumed->save_state(), source->save_state());
    EXPECT_EQ(bytes(std::get<0>(resumed->next())), std::to_string(taken + 1));
  }
  EXPECT_THROW(jsonl()->load_state("dataset/text 1 1"), Error) << "of another component";
}

// A folder of store/packed that holds `files` as they are now, under their names.
void pack_folder(const std::filesystem::path& folder, const std::filesystem::path& text,
                 const std::vector<std::string>& files) {
  packed::Manifest manifest;
  manifest.length = 8;
  for (const std::string& file : files) {
    packed::PackedSource source;
    source.name = file;
    source.digest = formats::sha256_file(text / file);
    source.shard.path = packed::shard_path(file);
    manifest.sources.push_back(source);
  }
  std::filesystem::create_directories(folder);
  packed::write_manifest(folder, manifest);
}

TEST_F(JsonlTest, GivesOfAFileThatIsPackedOnlyItsNameAndDigest) {
  put("t/a.jsonl", "{\"text\": \"first\"}\n{\"text\": \"second\"}\n");
  put("t/b.jsonl", R"({"text": "third"})");
  pack_folder(folder_ / "packed", folder_.path(), {"t/a.jsonl"});
  const PlainTable packed = {{"packed", (folder_ / "packed").string()}};
  EXPECT_THAT(all(*jsonl(packed)), ElementsAre("t/a.jsonl||-1", "t/b.jsonl:1|third|0"));
  const auto [text, name, split, file, digest] = jsonl(packed)->next();
  EXPECT_EQ(bytes(file), "t/a.jsonl");
  EXPECT_EQ(bytes(digest), formats::sha256_file(folder_ / "t/a.jsonl"));
}

TEST_F(JsonlTest, ReadsAFileThatChangedSinceItWasPacked) {
  put("t/a.jsonl", R"({"text": "first"})");
  pack_folder(folder_ / "packed", folder_.path(), {"t/a.jsonl"});
  put("t/a.jsonl", R"({"text": "another"})");
  EXPECT_THAT(all(*jsonl({{"packed", (folder_ / "packed").string()}})), ElementsAre("t/a.jsonl:1|another|0"));
}

TEST_F(JsonlTest, AsksAFolderOnlyWhenItReads) {
  put("t/a.jsonl", R"({"text": "first"})");
  const auto source = jsonl({{"packed", (folder_ / "packed").string()}});
  pack_folder(folder_ / "packed", folder_.path(), {"t/a.jsonl"});  // as a store does that begins
  EXPECT_THAT(all(*source), ElementsAre("t/a.jsonl||-1"));
  EXPECT_THAT(all(*jsonl({{"packed", (folder_ / "none").string()}})), ElementsAre("t/a.jsonl:1|first|0"));
}

TEST_F(JsonlTest, NamesTheFileThatEachDocumentIsFromAndItsDigest) {
  put("t/x:12.jsonl", "{\"text\": \"first\"}\n");
  const auto source = jsonl();
  const auto [text, name, split, file, digest] = source->next();
  EXPECT_EQ(bytes(name), "t/x:12.jsonl:1");
  EXPECT_EQ(bytes(file), "t/x:12.jsonl");
  EXPECT_EQ(bytes(digest), formats::sha256_file(folder_ / "t/x:12.jsonl"));
}

}  // namespace
}  // namespace gistmill::dataset
