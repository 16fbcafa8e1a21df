#include "host/plan/types.hpp"

#include <gtest/gtest.h>

namespace gistmill {
namespace {

using Sizes = std::map<std::string, std::int64_t>;

PortType type(std::string dtype, std::vector<Dimension> shape) {
  PortType result;
  result.dtype = std::move(dtype);
  result.shape = std::move(shape);
  return result;
}

PortType object(std::string name) {
  PortType result;
  result.is_object = true;
  result.object = std::move(name);
  return result;
}

const Dimension K{"K", -1}, G{"G", -1}, D{"D", -1}, kOne{"", 1}, kTwo{"", 2};

TEST(PortTypes, ReadAsTheyAreWritten) {
  EXPECT_EQ(type_text(type("f32", {K, kOne, D})), "f32[K, 1, D]");
  EXPECT_EQ(type_text(type("f32", {})), "f32[]");
  EXPECT_EQ(type_text(object("decoder.context/1")), "object<decoder.context/1>");
}

TEST(PortTypes, FitByDtype) {
  EXPECT_TRUE(types_fit(type("i32", {K}), type("i32", {K})));
  EXPECT_FALSE(types_fit(type("i32", {K}), type("i64", {K})));
  EXPECT_FALSE(types_fit(type("f32", {K}), type("bf16", {K})));
}

TEST(PortTypes, FloatFitsEveryFloatThatAModelComputesIn) {
  for (const char* dtype : {"f32", "bf16", "f16", "float"}) {
    EXPECT_TRUE(types_fit(type(dtype, {K}), type("float", {K}))) << dtype;
    EXPECT_TRUE(types_fit(type("float", {K}), type(dtype, {K}))) << dtype;
  }
  EXPECT_FALSE(types_fit(type("f64", {K}), type("float", {K})));
  EXPECT_FALSE(types_fit(type("i32", {K}), type("float", {K})));
}

TEST(PortTypes, FitByRankAndFixedDimensions) {
  EXPECT_FALSE(types_fit(type("f32", {K}), type("f32", {K, D})));
  EXPECT_TRUE(types_fit(type("f32", {K, kOne, D}), type("f32", {K, G, D})));
  EXPECT_FALSE(types_fit(type("f32", {kOne}), type("f32", {kTwo})));
}

TEST(PortTypes, ObjectsFitByName) {
  EXPECT_TRUE(types_fit(object("decoder.context/1"), object("decoder.context/1")));
  EXPECT_FALSE(types_fit(object("decoder.context/1"), object("decoder.context/2")));
  EXPECT_FALSE(types_fit(object("decoder.context/1"), type("f32", {})));
}

TEST(CheckShape, BindsSymbolsThatItSeesFirst) {
  Sizes sizes = {{"D", 576}};
  EXPECT_EQ(check_shape(type("f32", {K, G, D}), {16, 1, 576}, "f32", sizes), "");
  EXPECT_EQ(sizes, (Sizes{{"D", 576}, {"G", 1}, {"K", 16}}));
}

TEST(CheckShape, TellsTheSizesThatDisagreeAndBindsNothing) {
  Sizes sizes = {{"D", 576}};
  EXPECT_EQ(check_shape(type("f32", {K, G, D}), {16, 1, 64}, "f32", sizes),
            "f32[16, 1, 64] when it should be f32[K, G, D] with D = 576");
  EXPECT_EQ(sizes, (Sizes{{"D", 576}}));
}

TEST(CheckShape, HoldsOneSymbolToOneSizeWithinAShape) {
  Sizes sizes;
  EXPECT_EQ(check_shape(type("f32", {D, D}), {3, 4}, "f32", sizes),
            "f32[3, 4] when it should be f32[D, D] with D = 3");
}

TEST(CheckShape, TellsAnotherRankDtypeOrFixedDimension) {
  Sizes sizes;
  EXPECT_EQ(check_shape(type("f32", {K, D}), {16}, "f32", sizes), "f32[16] when it should be f32[K, D]");
  EXPECT_EQ(check_shape(type("i32", {K}), {16}, "i64", sizes), "i64[16] when it should be i32[K]");
  EXPECT_EQ(check_shape(type("f32", {K, kOne}), {16, 2}, "f32", sizes),
            "f32[16, 2] when it should be f32[K, 1]");
  EXPECT_EQ(check_shape(object("decoder.context/1"), {}, "f32", sizes),
            "f32[] when it should be object<decoder.context/1>");
  EXPECT_TRUE(sizes.empty());
}

TEST(CheckShape, TakesAnEmptyDimension) {
  Sizes sizes;
  EXPECT_EQ(check_shape(type("float", {K, G, D}), {16, 0, 576}, "bf16", sizes), "");
  EXPECT_EQ(sizes["G"], 0);
}

}  // namespace
}  // namespace gistmill
