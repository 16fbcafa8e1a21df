// The store as the host drives it: begin, appends, commit; and what it says where that fails.
#include "plugins/store/tokens/store.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/support/refusal.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::store {
namespace {

using gistmill::test::error_of;
using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PlainTable table(const PlainTable& changes = {}) {
  PlainTable all = {{"longest", std::int64_t{0}},
                    {"shortest", std::int64_t{0}},
                    {"short", std::string("join")},
                    {"join", std::string("file")},
                    {"between", std::vector<std::int64_t>{}}};
  for (const auto& [key, value] : changes) all[key] = value;
  return all;
}

Tensor name_of(std::string_view name) {
  return Tensor::of(std::vector<std::uint8_t>(name.begin(), name.end()),
                    {static_cast<std::int64_t>(name.size())});
}

void append(TokenStore& store, const std::vector<std::int32_t>& ids, std::string_view name,
            std::int32_t split) {
  store.append(Tensor::of(ids, {static_cast<std::int64_t>(ids.size())}), name_of(name),
               Tensor::of<std::int32_t>({split}, {}));
}

TEST(TokenStore, KeepsDocumentsInTheOrderOfTheirAppends) {
  const ScratchFolder folder;
  TokenStore store(PlainOptions(table()).get());
  store.begin(folder / "c.h5", R"({"by": "a test"})");
  append(store, {1, 2, 3}, "one", 0);
  append(store, {}, "none", 0);
  append(store, {49151}, "two", 1);
  store.commit();

  const formats::TokenFileReader file(folder / "c.h5");
  EXPECT_EQ(file.documents(), 3u);
  EXPECT_EQ(file.name(2), "two");
  EXPECT_EQ(file.split(2), 1);
  EXPECT_EQ(file.provenance(), R"({"by": "a test"})");
  std::vector<std::int32_t> ids(3);
  file.read(0, 0, 3, ids.data());
  EXPECT_THAT(ids, ElementsAre(1, 2, 3));
}

TEST(TokenStore, LeavesNothingWhereItIsDestroyedWithoutCommit) {
  const ScratchFolder folder;
  {
    TokenStore store(PlainOptions(table()).get());
    store.begin(folder / "c.h5", "{}");
    append(store, {1}, "one", 0);
  }
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(TokenStore, WritesOneFileAfterAnother) {
  const ScratchFolder folder;
  TokenStore store(PlainOptions(table()).get());
  for (const char* name : {"a.h5", "b.h5"}) {
    store.begin(folder / name, "{}");
    append(store, {1}, name, 0);
    store.commit();
  }
  EXPECT_THAT(folder.names(), ElementsAre("a.h5", "b.h5"));
}

TEST(TokenStore, SaysThatAFolderIsNotThereAndThatTryingAgainMayHelp) {
  const ScratchFolder folder;
  TokenStore store(PlainOptions(table()).get());
  const Error error = error_of([&] { store.begin(folder / "missing/c.h5", "{}"); });
  EXPECT_EQ(error.code, GM_ERROR_UNAVAILABLE);
  EXPECT_THAT(error.what(), HasSubstr("missing/c.h5: no such file or directory"));
}

TEST(TokenStore, RefusesWhatIsNotADocument) {
  const ScratchFolder folder;
  TokenStore store(PlainOptions(table()).get());
  store.begin(folder / "c.h5", "{}");
  const Error error = error_of([&] { append(store, {-5}, "one", 0); });
  EXPECT_EQ(error.code, GM_ERROR_USER);
  EXPECT_EQ(error.key, "tokens");
  EXPECT_STREQ(error.what(), "token 0 of document 'one' is -5 when ids are not negative");
}

TEST(TokenStore, SaysThatNothingWasAppended) {
  const ScratchFolder folder;
  TokenStore store(PlainOptions(table()).get());
  store.begin(folder / "c.h5", "{}");
  EXPECT_THAT(error_of([&] { store.commit(); }).what(), HasSubstr("0 documents with no token among them"));
}

TEST(TokenStore, TellsAHostThatBreaksTheOrderOfCalls) {
  const ScratchFolder folder;
  TokenStore store(PlainOptions(table()).get());
  EXPECT_EQ(error_of([&] { append(store, {1}, "one", 0); }).code, GM_ERROR_MISUSE);
  EXPECT_EQ(error_of([&] { store.commit(); }).code, GM_ERROR_MISUSE);
  store.begin(folder / "c.h5", "{}");
  EXPECT_EQ(error_of([&] { store.begin(folder / "d.h5", "{}"); }).code, GM_ERROR_MISUSE);
}

TEST(TokenStore, GivesDocumentsTheLengthsThatAreAskedFor) {
  const ScratchFolder folder;
  TokenStore store(PlainOptions(table({{"longest", std::int64_t{4}},
                                       {"shortest", std::int64_t{2}},
                                       {"between", std::vector<std::int64_t>{0}}}))
                       .get());
  store.begin(folder / "c.h5", "{}");
  append(store, {1, 2, 3, 4, 5, 6}, "t/a.txt", 0);
  append(store, {7}, "t/b.jsonl:1", 0);
  append(store, {8}, "t/b.jsonl:2", 0);
  append(store, {9}, "t/b.jsonl:3", 1);
  store.commit();
  const formats::TokenFileReader file(folder / "c.h5");
  std::vector<std::string> found;
  for (std::size_t i = 0; i < file.documents(); ++i) {
    std::vector<std::int32_t> ids(file.length(i));
    file.read(i, 0, ids.size(), ids.data());
    std::string text(file.name(i));
    for (const std::int32_t id : ids) text += " " + std::to_string(id);
    found.push_back(text + " | " + std::to_string(file.split(i)));
  }
  EXPECT_THAT(found, ElementsAre("t/a.txt[1] 1 2 3 | 0", "t/a.txt[2] 4 5 6 | 0", "t/b.jsonl:1+1 7 0 8 | 0",
                                 "t/b.jsonl:3 9 | 1"));
}

TEST(TokenStore, RefusesLengthsThatExcludeEachOther) {
  const Error error = error_of([] {
    TokenStore store(
        PlainOptions(table({{"longest", std::int64_t{6}}, {"shortest", std::int64_t{4}}})).get());
  });
  EXPECT_STREQ(
      error.what(),
      "longest is 6 when it should be at least twice shortest, 8: what is cut must not become too short");
  EXPECT_EQ(error.key, "longest");
}

TEST(TokenStore, SaysWhereEveryDocumentWasTooShort) {
  const ScratchFolder folder;
  TokenStore store(
      PlainOptions(table({{"shortest", std::int64_t{4}}, {"short", std::string("drop")}})).get());
  store.begin(folder / "c.h5", "{}");
  append(store, {1, 2}, "a", 0);
  EXPECT_EQ(error_of([&] { store.commit(); }).key, "shortest");
}

}  // namespace
}  // namespace gistmill::store
