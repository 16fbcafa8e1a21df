// References of objects, on both sides of the proxy.
#include <gmock/gmock.h>

#include "host/check/given_object.hpp"
#include "tests/host/check/seeded_plugin.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ObjectCheck : public CheckingProxy {
 protected:
  void SetUp() override {
    CheckingProxy::SetUp();
    start();
  }
};

void retain(gm_object* object) { object->retain(object); }
void release(gm_object* object) { object->release(object); }

TEST_F(ObjectCheck, FindsNothingWhereEveryReferenceIsReleasedOnce) {
  gm_object* const first = open(make_thing());
  retain(first);
  gm_object* const second = open(first);
  release(first);
  release(second);
  report_unreleased_objects();
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_EQ(things, 0);
}
TEST_F(ObjectCheck, AnInputThatIsHandedOnIsTheSameObjectForTheHost) {
  gm_object* const first = open(make_thing());
  seeds.handing_on = [](gm_object* c) { return c; };
  EXPECT_EQ(open(first), first);
  release(first);
  report_unreleased_objects();
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_EQ(things, 0);
}
TEST_F(ObjectCheck, AnObjectThatIsGivenTwiceIsTheSameForTheHost) {
  gm_object* const kept = make_thing();
  seeds.handing_on = [&](gm_object* c) {
    release(c);
    retain(kept);
    return kept;
  };
  gm_object* const first = open(make_thing());
  EXPECT_EQ(open(make_thing()), first);
  release(first);
  release(first);
  release(kept);
  report_unreleased_objects();
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_EQ(things, 0);
}

// ---- a plugin ----

TEST_F(ObjectCheck, FindsAnInputThatIsReleasedTwice) {
  seeds.handling = release;
  release(open(make_thing()));
  EXPECT_THAT(found(), ElementsAre("same.open released input 'c' once too often"));
  EXPECT_EQ(things, 0);
}
TEST_F(ObjectCheck, FindsAnInputThatIsUsedAfterItsRelease) {
  seeds.releases = false;
  seeds.handling = [](gm_object* c) {
    release(c);
    retain(c);
  };
  release(open(make_thing()));
  EXPECT_THAT(found(), ElementsAre("same.open retained input 'c' after its last release"));
}
TEST_F(ObjectCheck, FindsAnInputThatIsGivenOnAfterItsRelease) {
  seeds.handing_on = [](gm_object* c) {
    release(c);
    return c;
  };
  EXPECT_EQ(open(make_thing()), nullptr);
  EXPECT_THAT(found(), ElementsAre("same.open gave an object that it had released as output 'd'"));
}
TEST_F(ObjectCheck, FindsAnInputThatIsNeverReleased) {
  gm_object* given = nullptr;
  seeds.releases = false;
  seeds.handling = [&](gm_object* c) { given = c; };
  release(open(make_thing()));
  report_unreleased_objects();
  EXPECT_THAT(found(), ElementsAre("same.open never released input 'c'"));
  release(given);
}
TEST_F(ObjectCheck, FindsAnEncoderThatReleasesWhatItBorrows) {
  gm_object* const object = open(make_thing());
  seeds.handling = release;
  extension<gm_codec_extension>(GM_CODEC_EXTENSION).encode(instance_, object, nullptr, &error_);
  EXPECT_THAT(found(), ElementsAre("same.codec.encode released the object, which it borrowed"));
  release(object);
  EXPECT_EQ(things, 0);
}

// ---- the host ----

TEST_F(ObjectCheck, FindsAnOutputThatTheHostReleasesTwice) {
  gm_object* const object = open(make_thing());
  release(object);
  release(object);
  EXPECT_THAT(found(), ElementsAre("same.open gave output 'd', which the host released once too often"));
}
TEST_F(ObjectCheck, FindsAnOutputThatTheHostNeverReleases) {
  gm_object* const object = open(make_thing());
  report_unreleased_objects();
  EXPECT_THAT(found(), ElementsAre("same.open gave output 'd', which the host never released"));
  release(object);
}
TEST_F(ObjectCheck, FindsAnObjectThatTheHostGivesAfterItsRelease) {
  gm_object* const object = open(make_thing());
  release(object);
  EXPECT_EQ(open(object), nullptr);
  EXPECT_THAT(found(), ElementsAre("same.open was given a released object as input 'c'"));
}
TEST_F(ObjectCheck, FindsADecodedObjectThatTheHostReleasesTwice) {
  gm_object* object = nullptr;
  extension<gm_codec_extension>(GM_CODEC_EXTENSION)
      .decode(instance_, "test.thing/1", nullptr, nullptr, 0, &object, &error_);
  release(object);
  release(object);
  EXPECT_THAT(found(),
              ElementsAre("same.codec.decode gave the object, which the host released once too often"));
  EXPECT_EQ(things, 0);
}

}  // namespace
}  // namespace gistmill
