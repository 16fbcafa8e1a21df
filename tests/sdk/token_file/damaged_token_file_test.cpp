// Files that are no token files, or were ones: each is refused in words, none is read wrongly.
#include <gistmill/formats/token_file.hpp>

#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <numeric>
#include <vector>

#include <hdf5.h>

#include "tests/sdk/token_file/scratch_folder.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::formats {
namespace {

using gistmill::testing::ScratchFolder;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What a file of three documents holds; a test changes one thing and writes it with plain HDF5 calls.
struct Content {
  std::string format = "gistmill-tokens";
  std::uint32_t version = 1;
  std::uint32_t largest = 9;
  std::vector<std::uint16_t> tokens{1, 2, 3, 4, 5, 9};
  std::vector<std::uint64_t> offsets{0, 2, 2, 6};
  std::vector<std::uint8_t> splits{0, 1, 0};
  std::string names = "abc";  // one byte each
  std::string provenance = "{}";
  std::string missing;  // a data set or attribute that is left out
  hsize_t chunk = 0;    // chunked tokens
  hid_t token_type = H5T_STD_U16LE;
};

hid_t string_type(std::size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  return type;
}

void write(const std::filesystem::path& path, const Content& content) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const auto attribute = [&](const char* name, hid_t stored, hid_t native, const void* value) {
    if (content.missing == name) return;
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t made = H5Acreate2(file, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(made, native, value);
    H5Aclose(made);
    H5Sclose(space);
  };
  const auto data_set = [&](const char* name, hid_t stored, hid_t native, int rank, hsize_t count,
                            const void* data, hsize_t chunk = 0) {
    if (content.missing == name) return;
    const hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, &count, nullptr);
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    if (chunk > 0) H5Pset_chunk(properties, 1, &chunk);
    const hid_t made = H5Dcreate2(file, name, stored, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    H5Dwrite(made, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    H5Dclose(made);
    H5Pclose(properties);
    H5Sclose(space);
  };
  const hid_t format = string_type(content.format.size());
  attribute("format", format, format, content.format.data());
  attribute("version", H5T_STD_U32LE, H5T_NATIVE_UINT32, &content.version);
  const hid_t digest = string_type(64);
  attribute("digest", digest, digest, std::string(64, '0').data());
  attribute("largest_token", H5T_STD_U32LE, H5T_NATIVE_UINT32, &content.largest);
  H5Gclose(H5Gcreate2(file, "/documents", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  data_set("/documents/offset", H5T_STD_U64LE, H5T_NATIVE_UINT64, 1, content.offsets.size(),
           content.offsets.data());
  data_set("/documents/split", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, content.splits.size(),
           content.splits.data());
  const hid_t name = string_type(1);
  data_set("/documents/name", name, name, 1, content.names.size(), content.names.data());
  const hid_t text = string_type(content.provenance.size());
  data_set("/provenance", text, text, 0, 1, content.provenance.data());
  data_set("/tokens", content.token_type, H5T_NATIVE_UINT16, 1, content.tokens.size(), content.tokens.data(),
           content.chunk);
  for (const hid_t type : {format, digest, name, text}) H5Tclose(type);
  H5Fclose(file);
}

// The reader's words for a file with one thing changed, without the path in front.
std::string refusal(const std::function<void(Content&)>& change) {
  const ScratchFolder folder;
  Content content;
  change(content);
  write(folder / "x.h5", content);
  try {
    const TokenFileReader file(folder / "x.h5");
  } catch (const FormatError& error) {
    const std::string front = "'" + (folder / "x.h5").string() + "' is not a readable token file: ";
    const std::string message = error.what();
    return message.rfind(front, 0) == 0 ? message.substr(front.size()) : "unexpected: " + message;
  }
  return "it was read";
}

TEST(DamagedTokenFile, IsReadWhereNothingIsChanged) {
  EXPECT_EQ(refusal([](Content&) {}), "it was read");
}

TEST(DamagedTokenFile, OfAnotherFormatOrVersionSaysWhich) {
  EXPECT_EQ(refusal([](Content& c) { c.format = "something"; }),
            "its format is 'something' when it should be 'gistmill-tokens'");
  EXPECT_EQ(refusal([](Content& c) { c.version = 2; }),
            "its version is 2 when this program reads version 1; prepare the text again");
}

TEST(DamagedTokenFile, WithoutAPartNamesIt) {
  for (const char* name : {"format", "version", "digest", "largest_token"}) {
    EXPECT_EQ(refusal([&](Content& c) { c.missing = name; }),
              std::string("it has no attribute '") + name + "'");
  }
  for (const char* name :
       {"/documents/offset", "/documents/split", "/documents/name", "/provenance", "/tokens"}) {
    EXPECT_EQ(refusal([&](Content& c) { c.missing = name; }),
              std::string("it has no data set '") + name + "'");
  }
}

TEST(DamagedTokenFile, WithOffsetsThatGoBackSaysWhere) {
  EXPECT_EQ(refusal([](Content& c) {
              c.offsets = {0, 4, 2, 6};
            }),
            "document 1 ends at token 2, before its start at 4");
  EXPECT_EQ(refusal([](Content& c) { c.offsets = {1, 2, 2, 6}; }), "its first offset is 1, not 0");
}

TEST(DamagedTokenFile, WhoseDocumentsDoNotEndWithItsTokensSaysBoth) {
  EXPECT_EQ(refusal([](Content& c) { c.offsets.back() = 7; }), "its documents end at token 7 of 6");
  EXPECT_EQ(refusal([](Content& c) { c.offsets.back() = 5; }), "its documents end at token 5 of 6");
}

TEST(DamagedTokenFile, WithListsOfDifferentLengthsSaysThem) {
  EXPECT_EQ(refusal([](Content& c) {
              c.splits = {0, 1};
            }),
            "it has 4 offsets, 2 splits and 3 names, which do not fit together");
  EXPECT_EQ(refusal([](Content& c) { c.names = "abcd"; }),
            "it has 4 offsets, 3 splits and 4 names, which do not fit together");
}

TEST(DamagedTokenFile, WithAnUnknownSplitNamesTheDocument) {
  EXPECT_EQ(refusal([](Content& c) { c.splits[2] = 3; }),
            "split of document 2 is 3 when it should be 0 or 1");
}

TEST(DamagedTokenFile, WithIdsOfAnotherTypeSaysWhatIsRead) {
  EXPECT_EQ(refusal([](Content& c) { c.token_type = H5T_STD_U16BE; }),
            "data set '/tokens' holds neither uint16 nor uint32, little endian");
  EXPECT_EQ(refusal([](Content& c) { c.token_type = H5T_IEEE_F32LE; }),
            "data set '/tokens' holds neither uint16 nor uint32, little endian");
}

TEST(DamagedTokenFile, WithProvenanceThatIsNotJsonIsRefused) {
  EXPECT_EQ(refusal([](Content& c) { c.provenance = "{"; }), "its provenance is not JSON");
}

TEST(DamagedTokenFile, WithALargestTokenThatIsNotAnIdIsRefused) {
  EXPECT_EQ(refusal([](Content& c) { c.largest = 0x80000000u; }),
            "its largest token is 2147483648, more than an id can be");
}

TEST(DamagedTokenFile, WithAnIdAboveItsLargestIsRefusedWhenThatIsRead) {
  for (const hsize_t chunk : {0, 4}) {
    const ScratchFolder folder;
    Content content;
    content.tokens[4] = 10;
    content.chunk = chunk;
    write(folder / "x.h5", content);
    const TokenFileReader file(folder / "x.h5");
    std::vector<std::int32_t> ids(4);
    EXPECT_NO_THROW(file.read(2, 0, 2, ids.data()));
    try {
      file.read(2, 0, 4, ids.data());
      FAIL() << "it was read";
    } catch (const FormatError& error) {
      EXPECT_THAT(error.what(), HasSubstr("token 10 among those from 2 when the largest should be 9"));
    }
  }
}

TEST(DamagedTokenFile, WithChangedContentIsFoundByVerify) {
  const ScratchFolder folder;
  write(folder / "x.h5", Content());  // a digest of zeros
  const TokenFileReader file(folder / "x.h5");
  try {
    file.verify();
    FAIL() << "it was accepted";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("when it should be " + std::string(64, '0') + "; the file is damaged"));
  }
}

TEST(DamagedTokenFile, ThatIsMissingOrNotHdf5SaysSo) {
  const ScratchFolder folder;
  std::ofstream(folder / "text.h5") << "only text";
  std::ofstream(folder / "empty.h5");
  const auto message = [&](const char* name) -> std::string {
    return gistmill::test::message_of<FormatError>([&] { const TokenFileReader file(folder / name); });
  };
  EXPECT_EQ(message("missing.h5"),
            "'" + (folder / "missing.h5").string() + "': cannot open: no such file or directory");
  EXPECT_EQ(message("text.h5"),
            "'" + (folder / "text.h5").string() + "' is not a readable token file: it is not an HDF5 file");
  EXPECT_EQ(message("empty.h5"),
            "'" + (folder / "empty.h5").string() + "' is not a readable token file: it is not an HDF5 file");
}

// Every cut of a real file is refused, whatever the place; none crashes the reader.
TEST(DamagedTokenFile, ThatWasCutOffAnywhereIsRefused) {
  const ScratchFolder folder;
  std::vector<std::int32_t> ids(600);
  std::iota(ids.begin(), ids.end(), 0);
  TokenFileWriter writer(folder / "whole.h5", "{}");
  writer.append(ids.data(), ids.size(), "a", 0);
  writer.commit();
  std::ifstream in(folder / "whole.h5", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  for (std::size_t size = 0; size < whole.size(); size += 37) {
    std::ofstream(folder / "cut.h5", std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    EXPECT_THROW(TokenFileReader(folder / "cut.h5"), FormatError)
        << size << " of " << whole.size() << " bytes";
  }
}

// A flipped bit is refused on opening, found by verify, or stands where nothing is kept: never read as truth.
TEST(DamagedTokenFile, WithAFlippedBitInItsContentIsFound) {
  const ScratchFolder folder;
  std::vector<std::int32_t> ids(600, 77);
  TokenFileWriter writer(folder / "whole.h5", "{}");
  writer.append(ids.data(), ids.size(), "a", 0);
  writer.commit();
  std::ifstream in(folder / "whole.h5", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const std::string stored("\x4d\0", 2);  // 77
  std::string run;
  for (int i = 0; i < 600; ++i) run += stored;
  const std::size_t begin = whole.find(run);
  ASSERT_NE(begin, std::string::npos);
  for (const std::size_t place : {begin, begin + 599, begin + 1199}) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 1);
    std::ofstream(folder / "bit.h5", std::ios::binary | std::ios::trunc) << damaged;
    EXPECT_THROW(TokenFileReader(folder / "bit.h5").verify(), FormatError) << "byte " << place;
  }
}

TEST(ChunkedTokenFile, OfAnotherWriterIsReadThroughHdf5) {
  const ScratchFolder folder;
  Content content;
  content.chunk = 4;
  write(folder / "x.h5", content);
  const TokenFileReader file(folder / "x.h5");
  std::vector<std::int32_t> ids(4);
  file.read(2, 0, 4, ids.data());
  EXPECT_THAT(ids, ElementsAre(3, 4, 5, 9));
  EXPECT_EQ(file.split(1), kValidationSplit);
}

}  // namespace
}  // namespace gistmill::formats
