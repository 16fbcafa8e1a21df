// Packed data that is not as it should be: refused with what is wrong, and never read wrongly.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/hdf5.hpp>

#include "tests/plugins/dataset/packed/reading.hpp"
#include "tests/plugins/store/packed/pack.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::dataset {
namespace {

namespace fs = std::filesystem;
namespace hdf5 = formats::hdf5;

using gistmill::test::PlainOptions;
using gistmill::testing::ScratchFolder;
using packed::test::pack;
using packed::test::pack_table;
using test::packed_table;
using ::testing::HasSubstr;

class BadPackedFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    pack(scratch_ / "index.h5", pack_table(folder()),
         {{"a", "one", {1, 2, 3, 4, 5, 6, 7, 8}}, {"b", "two", {9, 10, 11, 12}}});
  }
  fs::path folder() const { return scratch_ / "packed"; }
  fs::path shard() const { return folder() / "shards/a.h5"; }

  std::string refusal(const std::string& corpus = "") const {
    return gistmill::test::message_of<Error>([&] {
      gistmill::test::PlainTable changes;
      if (!corpus.empty()) changes = {{"corpus", corpus}, {"folder", std::string()}};
      Packed packed(PlainOptions(packed_table(folder(), changes)).get());
      test::start(packed);
      test::next(packed);
    });
  }

  // Changes the shard through HDF5, as another program would.
  template <class Body>
  void change(Body&& body) const {
    const hdf5::Handle file(H5Fopen(shard().c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
    ASSERT_TRUE(file);
    body(file.get());
  }
  void change_manifest(const std::string& from, const std::string& to) const {
    std::string text = files::read_all(folder() / "manifest.json");
    ASSERT_NE(text.find(from), std::string::npos) << from;
    files::write_file(folder() / "manifest.json", text.replace(text.find(from), from.size(), to));
  }

  ScratchFolder scratch_;
};

TEST_F(BadPackedFiles, AreNotThereBeforeAnythingIsChanged) { EXPECT_EQ(refusal(), ""); }

TEST_F(BadPackedFiles, AShardThatSaysNothingOfItsLabelsIsRefused) {
  change([](hid_t file) { H5Adelete(file, "labels_shifted"); });
  EXPECT_THAT(refusal(), HasSubstr("it does not say whether its labels are shifted"));
}

TEST_F(BadPackedFiles, AShardWhoseLabelsAreShiftedIsRefused) {
  change([](hid_t file) {
    const std::uint8_t shifted = 1;
    const hdf5::Handle attribute(H5Aopen(file, "labels_shifted", H5P_DEFAULT));
    H5Awrite(attribute.get(), H5T_NATIVE_UINT8, &shifted);
  });
  EXPECT_THAT(refusal(), HasSubstr("its labels are shifted"));
}

TEST_F(BadPackedFiles, AManifestOfShiftedLabelsIsRefused) {
  change_manifest("\"labels_shifted\": false", "\"labels_shifted\": true");
  EXPECT_THAT(refusal(), HasSubstr("labels_shifted is true when the loss shifts labels"));
  change_manifest("\"labels_shifted\": true", "\"labels_moved\": false");
  EXPECT_THAT(refusal(), HasSubstr("does not say whether labels are shifted"));
}

TEST_F(BadPackedFiles, AShardThatIsMissingIsRefusedByFolderAndIndex) {
  fs::remove(shard());
  EXPECT_THAT(
      refusal(),
      HasSubstr("shards/a.h5', which is missing; `gistmill prepare RECIPE --skip-existing` packs again"));
  EXPECT_THAT(refusal((scratch_ / "index.h5").string()), HasSubstr("which is missing"));
}

TEST_F(BadPackedFiles, AShardThatWasPackedAnewSinceIsRefused) {
  pack(scratch_ / "other.h5", pack_table(folder()), {{"a", "one", {8, 7, 6, 5}, 0, "new"}});
  EXPECT_THAT(refusal((scratch_ / "index.h5").string()),
              HasSubstr("was changed since the manifest was written"));
}

TEST_F(BadPackedFiles, AShardThatWasCutShortIsRefusedWhereverItEnds) {
  const std::string whole = files::read_all(shard());
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, std::size_t{100}, whole.size() / 2, whole.size() - 1}) {
    files::write_file(shard(), whole.substr(0, size));
    EXPECT_THAT(refusal(), HasSubstr("is not a readable packed file")) << size;
  }
}

TEST_F(BadPackedFiles, AnIdThatChangedIsNoticedBeforeTraining) {
  change([](hid_t file) {
    const std::uint16_t ids[8] = {1, 2, 3, 4, 5, 6, 7, 9};
    const hdf5::Handle set(H5Dopen2(file, "/train/input_ids", H5P_DEFAULT));
    H5Dwrite(set.get(), H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, ids);
  });
  EXPECT_THAT(refusal(), HasSubstr("the digest of its content is"));
}

TEST_F(BadPackedFiles, BoundariesThatDoNotAscendAreRefused) {
  change([](hid_t file) {
    const std::int64_t begin = 8;  // of the only document, behind the last token
    const hdf5::Handle set(H5Dopen2(file, "/train/documents/begin", H5P_DEFAULT));
    H5Dwrite(set.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &begin);
  });
  EXPECT_THAT(refusal(), HasSubstr("does not ascend from 0"));
}

TEST_F(BadPackedFiles, AManifestOfAnotherLengthThanItsShardsIsRefused) {
  change_manifest("\"max_seq_length\": 4", "\"max_seq_length\": 8");
  EXPECT_THAT(refusal(), HasSubstr("sequences of 4 when the manifest says"));
}

TEST_F(BadPackedFiles, AManifestThatLeadsOutOfItsFolderIsRefused) {
  change_manifest("shards/a.h5", "../a.h5");
  EXPECT_THAT(refusal(), HasSubstr("lies outside of the folder"));
}

TEST_F(BadPackedFiles, AManifestThatIsNoneIsRefused) {
  files::write_file(folder() / "manifest.json", "{}");
  EXPECT_THAT(refusal(), HasSubstr("is no manifest of packed data"));
  files::write_file(folder() / "manifest.json", "{\"format\":");
  EXPECT_THAT(refusal(), HasSubstr("manifest.json"));
}

TEST_F(BadPackedFiles, AFolderWithoutAManifestSaysHowToMakeIt) {
  fs::remove(folder() / "manifest.json");
  EXPECT_THAT(refusal(), HasSubstr("it is not packed; `gistmill prepare`"));
}

TEST_F(BadPackedFiles, AnIndexThatWasCutShortIsRefused) {
  const std::string whole = files::read_all(scratch_ / "index.h5");
  files::write_file(scratch_ / "index.h5", whole.substr(0, whole.size() / 2));
  EXPECT_THAT(refusal((scratch_ / "index.h5").string()),
              HasSubstr("is not a readable index of packed files"));
}

}  // namespace
}  // namespace gistmill::dataset
