// What a prepared corpus is named by, and what its file tells of the one that is wanted.
#include "host/identity/corpus_identity.hpp"

#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "tests/host/identity/identity_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class CorpusIdentity : public IdentityTest {
 protected:
  // next, then shift twice; the last one reads what call number `source` writes.
  static PlannedPipeline pipeline(const ComponentSpec& spec, std::size_t source = 1) {
    const OperationSpec& next = *spec.operation("next");
    const OperationSpec& shift = *spec.operation("shift");
    PlannedPipeline made;
    made.name = "prepare";
    made.calls.push_back(call("codes.next", next, {}));
    made.calls.push_back(call("codes.shift", shift, {SlotRef{0, 0}}));
    made.calls.push_back(call("codes.shift", shift, {SlotRef{source, 0}}));
    return made;
  }
  static PlannedCall call(const std::string& name, const OperationSpec& operation,
                          const std::vector<SlotRef>& sources) {
    PlannedCall made;
    made.name = name;
    made.operation = &operation;
    for (std::size_t i = 0; i < sources.size(); ++i)
      made.inputs.push_back({&operation.inputs[i], "slot", sources[i], operation.inputs[i].type});
    for (const PortSpec& port : operation.outputs) made.outputs.push_back({&port, port.name, port.type});
    return made;
  }
  static nlohmann::json of(Registry& registry, std::int64_t factor = 1, std::size_t source = 1) {
    const auto instance = make(registry, "test/codes", {{"factor", factor}});
    return corpus_identity(pipeline(*instance->planned().spec, source), {instance.get()}, 7);
  }
};

TEST_F(CorpusIdentity, HoldsTheIdentitiesOfItsInstancesAndItsWires) {
  const nlohmann::json identity = of(first_);
  EXPECT_EQ(identity["instances"]["codes"], identity_of(*make(first_, "test/codes")));
  EXPECT_EQ(identity["calls"].dump(), R"([{"call":"codes.next","reads":{}},)"
                                      R"({"call":"codes.shift","reads":{"tokens":"0.tokens"}},)"
                                      R"({"call":"codes.shift","reads":{"tokens":"1.shifted"}}])");
  EXPECT_FALSE(identity.contains("seed")) << "nothing in it is random";
}

TEST_F(CorpusIdentity, ChangesWithBuildOptionsAndWires) {
  const std::string digest = digest_of(of(first_));
  EXPECT_EQ(digest, digest_of(of(first_)));
  EXPECT_NE(digest, digest_of(of(second_)));
  EXPECT_NE(digest, digest_of(of(first_, 2)));
  EXPECT_NE(digest, digest_of(of(first_, 1, 0))) << "the same calls, wired otherwise";
}

TEST_F(CorpusIdentity, LeavesOutCallsThatDoNotRun) {
  const auto instance = make(first_, "test/codes");
  PlannedPipeline whole = pipeline(*instance->planned().spec);
  const nlohmann::json before = corpus_identity(whole, {instance.get(), nullptr}, 7);
  whole.calls.push_back(whole.calls.back());
  whole.calls.back().kind = CallClass::skipped;
  whole.calls.back().instance = 1;
  EXPECT_EQ(corpus_identity(whole, {instance.get(), nullptr}, 7), before);
}

TEST_F(CorpusIdentity, IsRefusedWhereAnInstanceDoesNotSayWhatItReads) {
  const auto instance = make(first_, "test/codes", {{"table", std::string("table.txt")}});
  try {
    corpus_identity(pipeline(*instance->planned().spec), {instance.get()}, 0);
    FAIL() << "named";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::recipe);
    EXPECT_THAT(
        failure.what(),
        HasSubstr("codes.next cannot prepare a corpus: test/codes reads files but does not identify"));
  }
}

TEST_F(CorpusIdentity, TellsWhoseBuildIsAnother) {
  EXPECT_EQ(other_build(of(first_), of(second_)), "was made by another build of test/codes");
  EXPECT_EQ(other_build(of(first_), of(first_)), "") << "the same";
  EXPECT_EQ(other_build(of(first_, 2), of(second_)), "") << "other options: another corpus";
  EXPECT_EQ(other_build(of(first_, 1, 0), of(first_)), "") << "other wires: another corpus";
}

TEST_F(CorpusIdentity, TellsThatBuildsWereNotRecorded) {
  const auto earlier = nlohmann::json::parse(
      R"({"pipeline": "prepare", "calls": ["codes.next", "codes.shift", "codes.shift"], "instances": {"codes":
          {"use": "test/codes", "version": "0.1.0", "options": {"factor": 1}, "content": ""}}, "identity": "0"})");
  EXPECT_EQ(other_build(earlier, of(first_)),
            "was made by an earlier version, which did not record the builds of plugins");
}

TEST_F(CorpusIdentity, GivesNoReasonForAMalformedProvenance) {
  for (const char* text :
       {"{}", "[]", "1", R"({"instances": 1})", R"({"instances": {"codes": 1}, "calls": 2})",
        R"({"instances": {"codes": {}}, "calls": [{}, 1, null]})"}) {
    EXPECT_EQ(other_build(nlohmann::json::parse(text), of(first_)), "") << text;
  }
}

}  // namespace
}  // namespace gistmill
