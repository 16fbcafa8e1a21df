// The gist store from its writer to its reader and to HDF5: growth, damage, a full disk, other writers.
#include <gmock/gmock.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <sys/resource.h>

#include <gistmill/files/error.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "plugins/store/gists/view.hpp"
#include "tests/plugins/store/gists/small_store.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"
#include "tests/support/message_of.hpp"

// HDF5 keeps what it made once.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions();
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace gistmill::gists {
namespace {

namespace fs = std::filesystem;
namespace hdf5 = formats::hdf5;
using gistmill::test::message_of;
using gistmill::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GistStore : public ::testing::Test {
 protected:
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void overwrite(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  std::string opening() const {
    return message_of([&] { const GistReader reader(path_); });
  }

  ScratchFolder folder_;
  fs::path path_ = folder_ / "store.h5";
};

TEST_F(GistStore, GivesBackWhatWentIn) {
  make_store(path_, 3);
  const GistReader reader(path_);
  EXPECT_EQ(reader.rows(), 3u);
  EXPECT_EQ(reader.about(), kAbout);
  EXPECT_EQ(reader.document(0), "a");
  for (std::uint32_t block = 0; block < 3; ++block) {
    const ReadRow row = read(reader, block);
    EXPECT_EQ(row.head.block, block);
    EXPECT_EQ(row.head.level, 1);
    EXPECT_EQ(row.head.compressor, kCompressor);
    EXPECT_EQ(row.ids, ids_of(block));
    EXPECT_EQ(row.gist, gist_of(block));
    EXPECT_THAT(row.offsets, ElementsAre(1, 3));
  }
}

TEST_F(GistStore, HoldsAGistInEachPrecision) {
  const std::pair<Precision, double> precisions[] = {{Precision::f32, 0},
                                                     {Precision::f16, 0},
                                                     {Precision::bf16, 0},
                                                     {Precision::int8, 0.5 * 3.5 / 127},
                                                     {Precision::int4, 0.5 * 3.5 / 7}};
  for (const auto& [precision, error] : precisions) {
    Shape shape = kSmall;
    shape.precision = precision;
    const fs::path path = folder_ / precision_name(precision);
    make_store(path, 4, shape);
    const ReadRow row = read(GistReader(path), 3);
    for (std::size_t i = 0; i < row.gist.size(); ++i) EXPECT_NEAR(row.gist[i], gist_of(3)[i], error + 1e-3);
    EXPECT_EQ(row.ids, ids_of(3));
  }
}

TEST_F(GistStore, IsAsLargeAsItsFormulaSays) {
  make_store(path_, 0);
  const std::uint64_t empty = fs::file_size(path_);
  EXPECT_LT(empty, kUserBlock + kSmall.documents * kDocumentBytes + 8192);
  fs::remove(path_);
  make_store(path_, 5);
  EXPECT_EQ(fs::file_size(path_), empty + 5 * (36 + 2 * 2 + 1 + 4 * 4 + 2 * 3 * 4));
}

TEST_F(GistStore, IsLaidOutForAnyShape) {
  for (const std::uint32_t documents : {1u, 2u, 7u, 256u, 5000u}) {
    for (const std::uint32_t width : {1u, 3u, 255u, 576u, 5000u}) {
      for (const Precision precision :
           {Precision::f32, Precision::f16, Precision::bf16, Precision::int8, Precision::int4}) {
        for (const std::uint64_t about : {1u, 100u, 2000u, 2048u, 9000u}) {
          const Shape shape = {32, 1, width, documents, precision};
          ASSERT_NO_THROW(make_view(shape, about)) << documents << ' ' << width << ' ' << about;
        }
      }
    }
  }
}

TEST_F(GistStore, GrowsByWhatIsCommitted) {
  make_store(path_, 2);
  const GistReader before(path_);
  GistWriter writer(path_);
  append(writer, 0, 2);
  EXPECT_EQ(GistReader(path_).rows(), 2u);
  writer.commit();
  EXPECT_EQ(GistReader(path_).rows(), 3u);
  EXPECT_EQ(before.rows(), 2u);  // an open reader keeps what it saw
  EXPECT_EQ(read(before, 1).ids, ids_of(1));
}

TEST_F(GistStore, ForgetsWhatWasNotCommitted) {
  make_store(path_, 2);
  const std::string before = bytes();
  {
    GistWriter writer(path_);
    append(writer, 0, 2);
    append(writer, writer.document("b"), 0);
  }
  GistWriter writer(path_);
  EXPECT_THAT(writer.names(), ElementsAre("a"));
  EXPECT_EQ(writer.rows(0).blocks.size(), 2u);
  EXPECT_EQ(fs::file_size(path_), before.size());
  append(writer, writer.document("c"), 0);
  writer.commit();
  EXPECT_EQ(GistReader(path_).document(1), "c");
}

TEST_F(GistStore, HasTheSameBytesHoweverItGrew) {
  make_store(path_, 4);
  const std::string at_once = bytes().substr(kUserBlock);
  fs::remove(path_);
  make_store(path_, 1);
  for (std::uint32_t block = 1; block < 4; ++block) {
    GistWriter writer(path_);
    append(writer, 0, block);
    writer.commit();
  }
  EXPECT_EQ(bytes().substr(kUserBlock), at_once);
}

TEST_F(GistStore, CountsTheLastRowOfABlock) {
  make_store(path_, 2);
  {
    GistWriter writer(path_);
    append(writer, 0, 0, 77);
    writer.commit();
  }
  const GistReader reader(path_);
  const GistIndex index(reader);
  EXPECT_THAT(index.documents()[0].blocks, ElementsAre(2u, 1u));
  EXPECT_EQ(reader.head(2).compressor, 77u);
  EXPECT_EQ(reader.head(2).text, reader.head(0).text);
}

TEST_F(GistStore, KeepsTheTokensBehindTheLastBlockUntilMoreCome) {
  make_store(path_, 1);
  GistWriter writer(path_);
  writer.append_tail(0, {7, 8, 9, 10, 11});
  EXPECT_EQ(writer.rows(0).tail.size(), 2u);
  EXPECT_EQ(writer.rows(0).tokens(kSmall), 9u);
  writer.append_tail(0, {7});
  EXPECT_EQ(writer.rows(0).tokens(kSmall), 5u);
  append(writer, 0, 1);
  EXPECT_EQ(writer.rows(0).tokens(kSmall), 8u);
  writer.commit();
  EXPECT_EQ(GistIndex(GistReader(path_)).documents()[0].tokens(kSmall), 8u);
}

TEST_F(GistStore, IsAnHdf5FileAtEveryMoment) {
  make_store(path_, 0);
  for (std::uint32_t block = 0; block < 3; ++block) {
    const std::string content = bytes();
    const hdf5::Silence silence;
    const hdf5::Handle file = hdf5::open_in_memory(content.data(), content.size());
    ASSERT_TRUE(file) << hdf5::reason();
    const hdf5::Handle set(H5Dopen2(file.get(), "/rows", H5P_DEFAULT));
    ASSERT_TRUE(set);
    const hdf5::Handle space(H5Dget_space(set.get()));
    EXPECT_EQ(H5Sget_simple_extent_npoints(space.get()), block);
    if (block > 0) {
      const hdf5::Handle member(H5Tcreate(H5T_COMPOUND, 24));
      const hsize_t shape[] = {2, 3};
      const hdf5::Handle gist(H5Tarray_create2(H5T_NATIVE_FLOAT, 2, shape));
      H5Tinsert(member.get(), "gist", 0, gist.get());
      std::vector<float> values(6 * block);
      ASSERT_GE(H5Dread(set.get(), member.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
      EXPECT_EQ(std::vector<float>(values.end() - 6, values.end()), gist_of(block - 1));
    }
    GistWriter writer(path_);
    append(writer, writer.document("a"), block);
    writer.commit();
  }
}

TEST_F(GistStore, RefusesBytesThatWereFlippedAndNamesTheBlock) {
  make_store(path_, 3);
  const std::string whole = bytes();
  const Slot slot = GistReader(path_).slot();
  const RowLayout layout(kSmall);
  for (const std::size_t in_row :
       {std::size_t{0}, std::size_t{9}, layout.ids, layout.gist, layout.checksum}) {
    std::string damaged = whole;
    damaged[slot.rows_at + layout.bytes + in_row] ^= 0x10;
    overwrite(damaged);
    const GistReader reader(path_);
    EXPECT_NO_THROW(reader.check(0));
    EXPECT_THAT(message_of([&] { reader.check(1); }), HasSubstr("row 1 (block 1"));
    EXPECT_NO_THROW(reader.check(2));
  }
  std::string damaged = whole;
  damaged[slot.about_at] ^= 1;
  overwrite(damaged);
  EXPECT_THAT(opening(), HasSubstr("what it says about itself is damaged"));
  damaged = whole;
  damaged[slot.documents_at] ^= 1;
  overwrite(damaged);
  EXPECT_THAT(message_of([&] { GistReader(path_).document(0); }), HasSubstr("name of document 0 is damaged"));
}

TEST_F(GistStore, RefusesAFileThatWasCutShort) {
  make_store(path_, 3);
  const std::string whole = bytes();
  overwrite(whole.substr(0, whole.size() - 1));
  EXPECT_THAT(opening(), HasSubstr("it has 2 of 3 rows; it was cut short"));
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{100}, std::size_t{kUserBlock}, std::size_t{9000}}) {
    overwrite(whole.substr(0, size));
    EXPECT_THAT(opening(), HasSubstr("is not a readable gist store")) << size;
  }
}

TEST_F(GistStore, OpensByTheOtherSlotWhereOneIsTorn) {
  make_store(path_, 2);
  const Slot slot = GistReader(path_).slot();
  std::string torn = bytes();
  torn[kSlots[slot.sequence % 2] + 20] ^= 1;  // as a power failure leaves it
  overwrite(torn);
  EXPECT_EQ(GistReader(path_).slot().sequence, slot.sequence - 1);
  torn[kSlots[(slot.sequence + 1) % 2] + 20] ^= 1;
  overwrite(torn);
  EXPECT_THAT(opening(), HasSubstr("its head is damaged"));
}

TEST_F(GistStore, RefusesAnotherVersion) {
  make_store(path_, 1);
  const std::string own = bytes();
  const auto of_version = [&](char version) {
    std::string other = own;
    for (const std::uint64_t at : kSlots) {
      other[at + 8] = version;
      const std::uint64_t checksum = checksum_of(std::string_view(other).substr(at, kSlotBytes - 8));
      std::memcpy(&other[at + kSlotBytes - 8], &checksum, 8);
    }
    overwrite(other);
  };
  of_version(3);
  EXPECT_THAT(opening(),
              HasSubstr("its version is 3 when this program reads version 2; it needs a newer program"));
  of_version(1);
  EXPECT_THAT(opening(), HasSubstr("its version is 1 when this program reads version 2; make it anew"));
}

TEST_F(GistStore, IsAsItWasWhereTheDiskIsFull) {
  make_store(path_, 2);
  const std::string before = bytes();
  {
    GistWriter writer(path_);
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{before.size() + 100, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    append(writer, 0, 2);
    const std::string message = message_of<files::FileError>([&] { append(writer, 0, 3); });
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(message, "cannot write " + path_.string() + ": file too large");
    EXPECT_THAT(message_of([&] { append(writer, 0, 2); }), HasSubstr("could not be written before"));
  }
  EXPECT_EQ(bytes(), before);
  GistWriter again(path_);
  append(again, 0, 2);
  again.commit();
  EXPECT_EQ(GistReader(path_).rows(), 3u);
}

TEST_F(GistStore, HasOneWriterAtATime) {
  make_store(path_, 1);
  const GistWriter first(path_);
  EXPECT_THAT(message_of([&] { const GistWriter second(path_); }),
              HasSubstr("is being written by process " + std::to_string(::getpid())));
}

TEST_F(GistStore, RefusesNamesAndDocumentsForWhichThereIsNoRoom) {
  make_store(path_, 0);
  GistWriter writer(path_);
  EXPECT_THAT(message_of([&] { writer.document(""); }), HasSubstr("1 to 248 bytes"));
  EXPECT_THAT(message_of([&] { writer.document(std::string(249, 'x')); }), HasSubstr("1 to 248 bytes"));
  for (int i = 1; i < 8; ++i) writer.document(std::to_string(i));
  EXPECT_EQ(writer.document("3"), 3u);
  EXPECT_THAT(message_of([&] { writer.document("one more"); }), HasSubstr("room for 8 documents"));
}

TEST_F(GistStore, RefusesGistsThatAreNoNumbers) {
  make_store(path_, 0);
  GistWriter writer(path_);
  const std::uint32_t document = writer.document("a");
  std::vector<float> gist = gist_of(0);
  gist[4] = std::numeric_limits<float>::infinity();
  const std::vector<std::int32_t> offsets = {0, 4};
  EXPECT_THAT(message_of([&] {
                writer.append_block(document, 0, ids_of(0).data(), gist_of(0).data(), offsets.data(), 1);
              }),
              HasSubstr("a gist stands at 4 of its block when it should be 0 to 3"));
  const std::vector<std::int32_t> fine = {0, 3};
  EXPECT_THAT(
      message_of([&] { writer.append_block(document, 0, ids_of(0).data(), gist.data(), fine.data(), 1); }),
      HasSubstr("the gist of block 0 of 'a' has numbers that f32 does not hold"));
}

}  // namespace
}  // namespace gistmill::gists
