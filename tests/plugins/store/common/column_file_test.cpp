// What is said of an HDF5 file whose columns are not those that its reader expects: what was found, and what
// should be there.
#include "plugins/store/common/column_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

#include <gistmill/formats/hdf5.hpp>

#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::store {
namespace {

namespace hdf5 = formats::hdf5;
using test::refusal;

constexpr std::uint64_t kFileSize = 4096;  // more than all columns here hold

class ColumnFile : public ::testing::Test {
 protected:
  void put_number(const char* name, std::int64_t value) const {
    hdf5::put_attribute(file_.get(), name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
  }
  // A column of i32[3, 2].
  void put_column() const {
    const hdf5::Handle set = hdf5::make_data_set(file_.get(), "/ids", H5T_STD_I32LE, {3, 2});
    const std::array<std::int32_t, 6> values{};
    ASSERT_GE(H5Dwrite(set.get(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  }

  const hdf5::Silence silence_;
  hdf5::MemoryFile made_ = hdf5::make_in_memory("gistmill-column-file-test");
  const hdf5::Handle& file_ = made_.file;
};

TEST_F(ColumnFile, IsOfTheFormatAndVersionThatItsReaderKnows) {
  hdf5::put_text(file_.get(), "format", "gistmill-labels");
  put_number("version", 3);
  EXPECT_EQ(refusal([&] { expect_format(file_.get(), "gistmill-labels", 3); }), "");
  EXPECT_EQ(refusal([&] { expect_format(file_.get(), "gistmill-topk", 3); }),
            "its format is 'gistmill-labels' when it should be 'gistmill-topk'");
  EXPECT_EQ(refusal([&] { expect_format(file_.get(), "gistmill-labels", 2); }),
            "its version is 3 when this program reads version 2; it needs a newer program");
  EXPECT_EQ(refusal([&] { expect_format(file_.get(), "gistmill-labels", 4); }),
            "its version is 3 when this program reads version 4; make it anew");
}

TEST_F(ColumnFile, HasSizesWithinTheirBounds) {
  put_number("block", 1024);
  EXPECT_EQ(size_attribute(file_.get(), "block", 1024), 1024);
  EXPECT_EQ(refusal([&] { size_attribute(file_.get(), "block", 512); }),
            "attribute 'block' is 1024 when it should be 1 to 512");
  put_number("horizon", -1);
  EXPECT_EQ(refusal([&] { size_attribute(file_.get(), "horizon", 512); }),
            "attribute 'horizon' is -1 when it should be 1 to 512");
  hdf5::put_text(file_.get(), "width", "wide");
  EXPECT_EQ(refusal([&] { size_attribute(file_.get(), "width", 512); }),
            "attribute 'width' is text when it should be a whole number");
  EXPECT_EQ(refusal([&] { size_attribute(file_.get(), "depth", 512); }), "it has no attribute 'depth'");
}

TEST_F(ColumnFile, HasColumnsOfTheShapeAndTypeThatItsSizesSay) {
  put_column();
  const auto place = [&](const std::vector<hid_t>& types, const std::vector<hsize_t>& shape) {
    return place_of_column(file_.get(), "/ids", types, shape, kFileSize);
  };
  EXPECT_EQ(place({H5T_STD_U16LE, H5T_STD_I32LE}, {3, 2}).width, 4u);
  EXPECT_EQ(refusal([&] {
              place({H5T_STD_I32LE}, {5, 2});
            }),
            "data set '/ids' is [3, 2] when it should be [5, 2] by the sizes of its file");
  EXPECT_EQ(refusal([&] {
              place({H5T_STD_U16LE, H5T_IEEE_F32LE}, {3, 2});
            }),
            "data set '/ids' is i32 when it should be u16 or f32");
  EXPECT_EQ(refusal([&] {
              place({H5T_STD_I32BE}, {3, 2});
            }),
            "data set '/ids' is i32 when it should be i32 in the byte order of other machines");
  EXPECT_EQ(refusal([&] { rows_of(file_.get(), "/ids", kFileSize); }),
            "data set '/ids' is [3, 2] when it should be a list");
}

TEST_F(ColumnFile, HasTextsOfOneLengthWithoutTheirPadding) {
  const hdf5::Handle type = hdf5::text_type(4);
  const hdf5::Handle set = hdf5::make_data_set(file_.get(), "/names", type.get(), {2});
  ASSERT_GE(H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, "ab\0\0cdef"), 0);
  EXPECT_EQ(texts_of(file_.get(), "/names", kFileSize), (std::vector<std::string>{"ab", "cdef"}));
  EXPECT_EQ(rows_of(file_.get(), "/names", kFileSize), 2u);
  put_column();
  EXPECT_EQ(refusal([&] { texts_of(file_.get(), "/ids", kFileSize); }),
            "data set '/ids' is i32 when it should be text of fixed length");
}

}  // namespace
}  // namespace gistmill::store
