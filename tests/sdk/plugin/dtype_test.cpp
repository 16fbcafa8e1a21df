// The table of element types, held against docs/plugins.md and the types that C++ has for them.
#include <gistmill/dtype.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace gistmill {
namespace {

TEST(Dtypes, AreThoseOfTheDocs) {
  std::ifstream file(GISTMILL_SOURCE_DIR "/docs/plugins.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  std::string names;
  std::string floats;
  for (const Dtype& dtype : kDtypes) {
    names += (names.empty() ? "" : " ") + std::string(dtype.name);
    if (dtype.fits_float) floats += (floats.empty() ? "" : ", ") + std::string(dtype.name);
  }
  EXPECT_NE(page.find("dtype `" + names + "`, or `float` for any of " + floats + "."), std::string::npos)
      << names << "; " << floats;
}

TEST(Dtypes, AreFoundByNameAndByCode) {
  std::set<std::string_view> names;
  std::set<std::string_view> safetensors;
  for (const Dtype& dtype : kDtypes) {
    EXPECT_EQ(find_dtype(dtype.name), &dtype);
    EXPECT_EQ(find_dtype(dtype.code), &dtype);
    EXPECT_GT(dtype.bytes(), 0u);
    names.insert(dtype.name);
    safetensors.insert(dtype.safetensors);
  }
  EXPECT_EQ(names.size(), kDtypes.size());
  EXPECT_EQ(safetensors.size(), kDtypes.size());
  EXPECT_EQ(find_dtype("f8"), nullptr);
  EXPECT_EQ(find_dtype(gm_dtype{GM_INT, 16, 1}), nullptr);
  EXPECT_EQ(find_dtype(gm_dtype{GM_FLOAT, 32, 4}), nullptr);
}

}  // namespace
}  // namespace gistmill
