// What is one instance and what is another.
#include "host/identity/instance_identity.hpp"

#include "host/files/digest.hpp"
#include "tests/host/identity/identity_fixture.hpp"

namespace gistmill {
namespace {

using InstanceIdentity = IdentityTest;

TEST_F(InstanceIdentity, SaysComponentPluginBuildOptionsAndContents) {
  const nlohmann::json identity = identity_of(*make(first_, "test/codes"));
  EXPECT_EQ(identity["component"], "test/codes");
  EXPECT_EQ(identity["plugin"], "codes 0.1.0");
  EXPECT_EQ(identity["build"], sha256_file(first_.file_of("test/codes")->path));
  EXPECT_EQ(identity["options"].dump(), "{\"factor\":1}") << "paths count by what they lead to";
  EXPECT_EQ(identity["contents"], "");
  EXPECT_EQ(identity.size(), 5u);
}

TEST_F(InstanceIdentity, ChangesIfThePluginIsRebuiltUnderTheSameVersion) {
  const nlohmann::json before = identity_of(*make(first_, "test/codes"));
  const nlohmann::json after = identity_of(*make(second_, "test/codes"));
  EXPECT_EQ(before["plugin"], after["plugin"]);
  EXPECT_NE(before["build"], after["build"]);
  EXPECT_NE(digest_of(before), digest_of(after));
  EXPECT_EQ(digest_of(before), digest_of(identity_of(*make(first_, "test/codes"))));
}

TEST_F(InstanceIdentity, ChangesWithAnOption) {
  EXPECT_NE(digest_of(identity_of(*make(first_, "test/codes"))),
            digest_of(identity_of(*make(first_, "test/codes", {{"factor", std::int64_t{2}}}))));
}

TEST_F(InstanceIdentity, IsIncompleteIfTheInstanceReadsFilesWithoutADigest) {
  EXPECT_FALSE(reads_unnamed_contents(*make(first_, "test/codes")));
  EXPECT_TRUE(reads_unnamed_contents(*make(first_, "test/codes", {{"table", std::string("table.txt")}})));
}

}  // namespace
}  // namespace gistmill
