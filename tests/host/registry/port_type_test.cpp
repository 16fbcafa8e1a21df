// Specification of the types of ports: "f32[K, D]", "object<name/revision>".
#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {
namespace {

TEST(PortType, HasElementAndDimensions) {
  const PortType type = parse_port_type("bf16[K,  D2, 576]");
  EXPECT_FALSE(type.is_object);
  EXPECT_EQ(type.dtype, "bf16");
  EXPECT_EQ(type.text, "bf16[K,  D2, 576]");
  ASSERT_EQ(type.shape.size(), 3u);
  EXPECT_EQ(type.shape[0].symbol, "K");
  EXPECT_EQ(type.shape[1].symbol, "D2");
  EXPECT_EQ(type.shape[2].symbol, "");
  EXPECT_EQ(type.shape[2].fixed, 576);
}

TEST(PortType, WithoutDimensionsIsAScalar) {
  EXPECT_TRUE(parse_port_type("f32[]").shape.empty());
  EXPECT_TRUE(parse_port_type("f32[ ]").shape.empty());
}

TEST(PortType, MayBeAnObject) {
  const PortType type = parse_port_type("object<decoder.context/1>");
  EXPECT_TRUE(type.is_object);
  EXPECT_EQ(type.object, "decoder.context/1");
}

TEST(PortType, KnowsEveryElement) {
  for (const char* element : {"f64", "f32", "bf16", "f16", "i64", "i32", "u8", "bool", "float"}) {
    EXPECT_EQ(parse_port_type(std::string(element) + "[N]").dtype, element);
  }
}

struct BadType {
  const char* text;
  const char* reason;
};

class BadPortType : public ::testing::TestWithParam<BadType> {};

TEST_P(BadPortType, IsRefusedWithItsReason) {
  try {
    parse_port_type(GetParam().text);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::plugin);
    EXPECT_EQ(failure.message(),
              std::string("'") + GetParam().text + "' is not a port type: " + GetParam().reason);
    EXPECT_EQ(failure.notes().size(), 1u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadPortType,
    ::testing::Values(BadType{"", "it lacks '[' and ']'"}, BadType{"f32", "it lacks '[' and ']'"},
                      BadType{"f32[K", "it lacks '[' and ']'"}, BadType{"]f32[", "it lacks '[' and ']'"},
                      BadType{"f33[K]", "unknown element type 'f33'"},
                      BadType{"[K]", "unknown element type ''"},
                      BadType{"f32 [K]", "unknown element type 'f32 '"},
                      BadType{"f32[K D]", "'K D' is neither a symbol nor a size of 1 or more"},
                      BadType{"f32[K,]", "'' is neither a symbol nor a size of 1 or more"},
                      BadType{"f32[,K]", "'' is neither a symbol nor a size of 1 or more"},
                      BadType{"f32[0]", "'0' is neither a symbol nor a size of 1 or more"},
                      BadType{"f32[-1]", "'-1' is neither a symbol nor a size of 1 or more"},
                      BadType{"f32[3K]", "'3K' is neither a symbol nor a size of 1 or more"},
                      BadType{"f32[99999999999999999999]",
                              "'99999999999999999999' is neither a symbol nor a size of 1 or more"},
                      BadType{"f32[K]]", "'K]' is neither a symbol nor a size of 1 or more"},
                      BadType{"object<decoder.context/1", "it lacks the closing '>'"},
                      BadType{"object<>", "'' is not name/revision"},
                      BadType{"object<llama>", "'llama' is not name/revision"},
                      BadType{"object<llama/x>", "'llama/x' is not name/revision"},
                      BadType{"object</1>", "'/1' is not name/revision"}));

}  // namespace
}  // namespace gistmill
