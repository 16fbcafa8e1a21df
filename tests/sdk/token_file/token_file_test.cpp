// What a token file keeps, how it appears, and what happens where it cannot be written.
#include <gistmill/formats/token_file.hpp>

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <numeric>
#include <vector>

#include <hdf5.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/sdk/token_file/scratch_folder.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::formats {
namespace {

using gistmill::test::message_of;
using gistmill::testing::ScratchFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kProvenance[] = R"({"tokenizer": "abc"})";

std::vector<std::int32_t> counting(std::size_t count, std::int32_t from = 0) {
  std::vector<std::int32_t> ids(count);
  std::iota(ids.begin(), ids.end(), from);
  return ids;
}

void append(TokenFileWriter& writer, const std::vector<std::int32_t>& ids, std::string_view name,
            std::int32_t split) {
  writer.append(ids.data(), ids.size(), name, split);
}

std::vector<std::int32_t> read(const TokenFileReader& file, std::size_t document) {
  std::vector<std::int32_t> ids(file.length(document));
  file.read(document, 0, ids.size(), ids.data());
  return ids;
}

std::string bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(TokenFile, GivesBackEveryDocumentWithItsNameAndSplit) {
  const ScratchFolder folder;
  TokenFileWriter writer(folder / "corpus.h5", kProvenance);
  append(writer, {5, 6, 7}, "first", kTrainSplit);
  append(writer, {}, "nothing in it", kTrainSplit);
  append(writer, {49151, 0}, "zweites Gedicht \u00fcber M\u00fccken", kValidationSplit);
  writer.commit();

  const TokenFileReader file(folder / "corpus.h5");
  ASSERT_EQ(file.documents(), 3u);
  EXPECT_EQ(file.tokens(), 5u);
  EXPECT_THAT(read(file, 0), ElementsAre(5, 6, 7));
  EXPECT_THAT(read(file, 1), IsEmpty());
  EXPECT_THAT(read(file, 2), ElementsAre(49151, 0));
  EXPECT_EQ(file.name(0), "first");
  EXPECT_EQ(file.name(2), "zweites Gedicht \u00fcber M\u00fccken");
  EXPECT_EQ(file.split(0), kTrainSplit);
  EXPECT_EQ(file.split(2), kValidationSplit);
  EXPECT_EQ(file.largest_token(), 49151);
  EXPECT_EQ(file.provenance(), kProvenance);
  EXPECT_NO_THROW(file.verify());
}

TEST(TokenFile, ReadsAnyRangeOfADocument) {
  const ScratchFolder folder;
  TokenFileWriter writer(folder / "corpus.h5", "{}");
  append(writer, counting(10), "a", 0);
  append(writer, counting(100, 500), "b", 0);
  writer.commit();

  const TokenFileReader file(folder / "corpus.h5");
  std::vector<std::int32_t> ids(3);
  file.read(1, 97, 3, ids.data());
  EXPECT_THAT(ids, ElementsAre(597, 598, 599));
  EXPECT_EQ(message_of<std::out_of_range>([&] { file.read(1, 98, 3, ids.data()); }),
            "tokens [98, 101) of document 1, which has 100");
  EXPECT_THROW(file.read(1, 200, 0, ids.data()), std::out_of_range);
  EXPECT_THROW(file.read(2, 0, 1, ids.data()), std::out_of_range);
}

TEST(TokenFile, TakesTwoBytesAnIdWhereAllAreBelow65536AndFourElse) {
  const ScratchFolder folder;
  for (const std::int32_t largest : {65535, 65536, 0x7fffffff}) {
    TokenFileWriter writer(folder / "corpus.h5", "{}");
    std::vector<std::int32_t> ids(300000, 1);
    ids.back() = largest;
    append(writer, ids, "a", 0);
    writer.commit();
    const TokenFileReader file(folder / "corpus.h5");
    EXPECT_EQ(read(file, 0), ids);
    EXPECT_EQ(file.largest_token(), largest);
    EXPECT_EQ(std::filesystem::file_size(folder / "corpus.h5") / 300000, largest < 65536 ? 2u : 4u);
  }
}

TEST(TokenFile, KeepsMoreIdsThanAreConvertedAtATime) {
  const ScratchFolder folder;
  constexpr std::size_t kDocuments = 5;
  TokenFileWriter writer(folder / "corpus.h5", "{}");
  for (std::size_t i = 0; i < kDocuments; ++i)
    append(writer, counting(500001, static_cast<std::int32_t>(i)), "a", 0);
  writer.commit();
  const TokenFileReader file(folder / "corpus.h5");
  for (std::size_t i = 0; i < kDocuments; ++i)
    EXPECT_EQ(read(file, i), counting(500001, static_cast<std::int32_t>(i)));
  EXPECT_NO_THROW(file.verify());
}

TEST(TokenFile, KeepsAProvenanceLargerThanAnHdf5AttributeMayBe) {
  const ScratchFolder folder;
  const std::string provenance = "{\"files\": \"" + std::string(200000, 'x') + "\"}";
  TokenFileWriter writer(folder / "corpus.h5", provenance);
  append(writer, {1}, "a", 0);
  writer.commit();
  EXPECT_EQ(TokenFileReader(folder / "corpus.h5").provenance(), provenance);
}

TEST(TokenFile, HasADigestOfItsContentOnly) {
  const ScratchFolder folder;
  const auto digest = [&](std::int32_t id, std::string_view name, std::int32_t split, std::int32_t more) {
    TokenFileWriter writer(folder / "corpus.h5", "{\"time\": " + std::to_string(more) + "}");
    append(writer, {id, 2}, name, split);
    append(writer, {3}, "b", 0);
    writer.commit();
    return TokenFileReader(folder / "corpus.h5").digest();
  };
  const std::string reference = digest(1, "a", 0, 0);
  EXPECT_EQ(reference.size(), 64u);
  EXPECT_EQ(digest(1, "a", 0, 7), reference);
  EXPECT_NE(digest(9, "a", 0, 0), reference);
  EXPECT_NE(digest(1, "c", 0, 0), reference);
  EXPECT_NE(digest(1, "a", 1, 0), reference);
}

TEST(TokenFile, HasTheDigestThatItsDocumentationDescribes) {
  const ScratchFolder folder;
  TokenFileWriter writer(folder / "corpus.h5", "{}");
  append(writer, {5, 6, 7}, "first", 0);
  append(writer, {}, "none", 0);
  append(writer, {49151, 0}, "second", 1);
  writer.commit();
  EXPECT_EQ(TokenFileReader(folder / "corpus.h5").digest(),
            "c92c1a70046d6c464f4eccefc5e6a926eb00ba73d7908b0f066833896fe977d9");  // by hashlib
}

TEST(TokenFile, IsTheSameByteForByteForTheSameDocuments) {
  const ScratchFolder folder;
  for (const char* name : {"one.h5", "two.h5"}) {
    TokenFileWriter writer(folder / name, kProvenance);
    append(writer, counting(5000), "a", 0);
    writer.commit();
  }
  EXPECT_EQ(bytes(folder / "one.h5"), bytes(folder / "two.h5"));
}

TEST(TokenFile, IsPlainHdf5ThatOtherToolsRead) {
  const ScratchFolder folder;
  TokenFileWriter writer(folder / "corpus.h5", kProvenance);
  append(writer, {5, 6, 7}, "a", 0);
  append(writer, {8}, "b", 1);
  writer.commit();

  const hid_t file = H5Fopen((folder / "corpus.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  std::vector<std::uint16_t> ids(4);
  std::vector<std::uint64_t> offsets(3);
  std::vector<std::uint8_t> splits(2);
  for (const auto& [name, type, out] : std::vector<std::tuple<const char*, hid_t, void*>>{
           {"/tokens", H5T_NATIVE_UINT16, ids.data()},
           {"/documents/offset", H5T_NATIVE_UINT64, offsets.data()},
           {"/documents/split", H5T_NATIVE_UINT8, splits.data()}}) {
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    EXPECT_GE(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out), 0) << name;
    H5Dclose(set);
  }
  H5Fclose(file);
  EXPECT_THAT(ids, ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(offsets, ElementsAre(0u, 3u, 4u));
  EXPECT_THAT(splits, ElementsAre(0, 1));
}

TEST(TokenFileWriter, ShowsNothingBeforeCommitAndLeavesNothingWithoutIt) {
  const ScratchFolder folder;
  {
    TokenFileWriter writer(folder / "corpus.h5", "{}");
    append(writer, counting(3000000), "a", 0);  // more than it holds in memory
    EXPECT_THAT(folder.names(), IsEmpty());
  }
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(TokenFileWriter, ReplacesAnOlderFileOnlyByCommit) {
  const ScratchFolder folder;
  {
    TokenFileWriter writer(folder / "corpus.h5", "{}");
    append(writer, {1}, "old", 0);
    writer.commit();
  }
  TokenFileWriter writer(folder / "corpus.h5", "{}");
  append(writer, {2}, "new", 0);
  EXPECT_EQ(TokenFileReader(folder / "corpus.h5").name(0), "old");
  const TokenFileReader before(folder / "corpus.h5");
  writer.commit();
  EXPECT_EQ(TokenFileReader(folder / "corpus.h5").name(0), "new");
  EXPECT_THAT(read(before, 0), ElementsAre(1)) << "who reads the older file goes on reading it";
  EXPECT_THAT(folder.names(), ElementsAre("corpus.h5"));
}

TEST(TokenFileWriter, GivesTheFileTheRightsThatTheUsersMaskLeaves) {
  const ScratchFolder folder;
  TokenFileWriter writer(folder / "corpus.h5", "{}");
  append(writer, {1}, "a", 0);
  const mode_t mask = ::umask(027);
  writer.commit();
  ::umask(mask);
  struct stat info {};
  ASSERT_EQ(::stat((folder / "corpus.h5").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST(TokenFileWriter, RefusesWhatIsNotADocument) {
  const ScratchFolder folder;
  TokenFileWriter writer(folder / "corpus.h5", "{}");
  EXPECT_EQ(message_of<FormatError>([&] {
              append(writer, {4, -1}, "a", 0);
            }),
            "token 1 of document 'a' is -1 when ids are not negative");
  EXPECT_EQ(message_of<FormatError>([&] { append(writer, {4}, "a", 2); }),
            "split of document 'a' is 2 when it should be 0 (train) or 1 (validation)");
  EXPECT_THAT(message_of<FormatError>([&] { append(writer, {4}, std::string(1025, 'n'), 0); }),
              HasSubstr("has 1025 bytes when at most 1024 are kept"));
  append(writer, {7}, "good", 0);
  writer.commit();
  const TokenFileReader file(folder / "corpus.h5");
  EXPECT_EQ(file.documents(), 1u) << "a refused document leaves no trace";
  EXPECT_NO_THROW(file.verify());
}

TEST(TokenFileWriter, RefusesToWriteNothing) {
  const ScratchFolder folder;
  TokenFileWriter writer(folder / "corpus.h5", "{}");
  append(writer, {}, "a", 0);
  EXPECT_EQ(
      message_of<FormatError>([&] { writer.commit(); }),
      "nothing to write to '" + (folder / "corpus.h5").string() + "': 1 documents with no token among them");
}

TEST(TokenFileWriter, RefusesProvenanceThatIsNotJson) {
  const ScratchFolder folder;
  EXPECT_EQ(message_of<FormatError>([&] { TokenFileWriter writer(folder / "corpus.h5", "{oops"); }),
            "provenance is not JSON: '{oops'");
}

TEST(TokenFileWriter, NamesTheFileWhereItsFolderIsMissing) {
  const ScratchFolder folder;
  const auto path = folder / "missing" / "corpus.h5";
  EXPECT_EQ(message_of<WriteError>([&] { TokenFileWriter writer(path, "{}"); }),
            "cannot create a file for " + path.string() + ": no such file or directory");
}

// The largest file that this process may write: a full disk without a disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(TokenFileWriter, SaysSoWhereTheDiskIsFullWhileAppending) {
  const ScratchFolder folder;
  TokenFileWriter writer(folder / "corpus.h5", "{}");
  const FileSizeLimit limit(1 << 20);
  const std::string message = message_of<WriteError>([&] { append(writer, counting(2000000), "a", 0); });
  EXPECT_EQ(message, "cannot write " + (folder / "corpus.h5").string() + ": file too large");
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(TokenFileWriter, LeavesNothingWhereTheDiskIsFullAtCommitAndMayTryAgain) {
  const ScratchFolder folder;
  TokenFileWriter writer(folder / "corpus.h5", "{}");
  append(writer, counting(200000, 70000), "a", 0);
  {
    const FileSizeLimit limit(100000);  // the ids wait in memory until commit: 200,000 of four bytes
    EXPECT_EQ(message_of<WriteError>([&] { writer.commit(); }),
              "cannot write " + (folder / "corpus.h5").string() + ": file too large");
    EXPECT_THAT(folder.names(), IsEmpty());
  }
  {
    const FileSizeLimit limit(800000);  // room for the ids, not for the file's headers beside them
    EXPECT_EQ(message_of<WriteError>([&] { writer.commit(); }),
              "cannot reserve space for " + (folder / "corpus.h5").string() + ": file too large");
    EXPECT_THAT(folder.names(), IsEmpty());
  }
  writer.commit();
  const TokenFileReader file(folder / "corpus.h5");
  EXPECT_NO_THROW(file.verify());
  EXPECT_EQ(read(file, 0), counting(200000, 70000));
}

TEST(TokenFile, NeverPrintsHdf5sOwnErrorsAndLeavesItsSettingAlone) {
  const ScratchFolder folder;
  std::ofstream(folder / "corpus.h5") << "no HDF5";
  H5E_auto2_t print_before = nullptr;
  void* data_before = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &print_before, &data_before);
  ::testing::internal::CaptureStderr();
  EXPECT_THROW(TokenFileReader(folder / "corpus.h5"), FormatError);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  H5E_auto2_t print_after = nullptr;
  void* data_after = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &print_after, &data_after);
  EXPECT_EQ(print_after, print_before);
  EXPECT_NE(print_after, nullptr);
}

}  // namespace
}  // namespace gistmill::formats
