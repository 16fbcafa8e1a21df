// Two vocabularies, token by token: what is refused, what is mapped, and where the rest goes.
#include "plugins/transform/vocabulary-map/vocabulary_map.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::vocabulary_map {
namespace {

using gistmill::test::PlainOptions;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

using Words = std::vector<std::string>;
using Ids = std::vector<std::int32_t>;

VocabularyMap make(const std::string& unequal) {
  return VocabularyMap(PlainOptions({{"unequal", unequal}}).get());
}

// Bytes and ends, as tokenizer.vocabulary gives them.
std::pair<Tensor, Tensor> vocabulary(const Words& words) {
  std::vector<std::uint8_t> bytes;
  Ids ends;
  for (const std::string& word : words) {
    bytes.insert(bytes.end(), word.begin(), word.end());
    ends.push_back(static_cast<std::int32_t>(bytes.size()));
  }
  return {Tensor::of(bytes, {std::ssize(bytes)}), Tensor::of(ends, {std::ssize(ends)})};
}

template <class T>
std::vector<T> numbers(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

std::tuple<Tensor, Tensor> compare(const std::string& unequal, const Words& student, const Words& teacher) {
  const auto [bytes, ends] = vocabulary(student);
  const auto [teacher_bytes, teacher_ends] = vocabulary(teacher);
  return make(unequal).compare(bytes, ends, teacher_bytes, teacher_ends);
}

template <class Body>
std::string refusal(Body&& body, const std::string& key) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.key, key);
    return error.what();
  }
  return "nothing was thrown";
}

// One text of one row each.
struct Mapped {
  Ids ids;
  std::vector<float> probability;
  float unmapped = 0;
};
Mapped map_row(const Ids& ids, const std::vector<float>& probability, const Ids& from_teacher) {
  std::vector<float> logarithms;
  for (const float value : probability) logarithms.push_back(std::log(value));
  const std::int64_t count = std::ssize(ids);
  const auto [mapped, values, unmapped] =
      make("map").topk(Tensor::of(ids, {1, 1, count}), Tensor::of(logarithms, {1, 1, count}),
                       Tensor::of(from_teacher, {std::ssize(from_teacher)}));
  Mapped found{numbers<std::int32_t>(mapped), {}, *unmapped.data<float>()};
  for (const float value : numbers<float>(values)) found.probability.push_back(std::exp(value));
  return found;
}

TEST(VocabularyMap, OfTheSameTokensIsTheSameIds) {
  const auto [to, from] = compare("refuse", {"a", "b", "ab"}, {"a", "b", "ab"});
  EXPECT_THAT(numbers<std::int32_t>(to), ElementsAre(0, 1, 2));
  EXPECT_THAT(numbers<std::int32_t>(from), ElementsAre(0, 1, 2));
}

TEST(VocabularyMap, OfTheSameTokensKeepsIdsWhoseBytesAreTwice) {
  const auto [to, from] = compare("map", {"a", "\n", "\n"}, {"a", "\n", "\n"});
  EXPECT_THAT(numbers<std::int32_t>(from), ElementsAre(0, 1, 2));
}

TEST(VocabularyMap, RefusesAnotherSize) {
  EXPECT_THAT(
      refusal(
          [] {
            compare("refuse", {"a", "b"}, {"a", "b", "ab"});
          },
          "unequal"),
      HasSubstr("different vocabularies: of 3 and 2 tokens; take a teacher with the student's tokenizer"));
}

TEST(VocabularyMap, RefusesOtherTokensOfTheSameSizeNamingTheFirst) {
  EXPECT_THAT(refusal(
                  [] {
                    compare("refuse", {"a", "b", "\n"}, {"a", "b", "ab"});
                  },
                  "unequal"),
              HasSubstr("of 3 and 3 tokens; token 2 is 'ab' of the teacher and '\\x0a' of the student"));
}

TEST(VocabularyMap, MapsTokensOfEqualBytesWhateverTheirNumbers) {
  const auto [to, from] = compare("map", {"a", "b", "ab", "c"}, {"ab", "x", "a", "b"});
  EXPECT_THAT(numbers<std::int32_t>(to), ElementsAre(2, 3, 0, -1));
  EXPECT_THAT(numbers<std::int32_t>(from), ElementsAre(2, -1, 0, 1));
}

TEST(VocabularyMap, GivesTheTextInTheTeachersIds) {
  const Tensor to = Tensor::of(Ids{2, 3, -1}, {3});
  const Tensor ids = Tensor::of(Ids{0, 1, 1, 2}, {2, 2});
  const Tensor counts = Tensor::of<float>({1, 1, 1, 0}, {2, 2});
  EXPECT_THAT(numbers<std::int32_t>(make("map").ids(ids, counts, to)), ElementsAre(2, 3, 3, 0));
  EXPECT_THAT(refusal([&] { make("map").ids(ids, {}, to); }, "ids"),
              HasSubstr("token 2 of the text is not in the teacher's vocabulary"));
  EXPECT_THAT(refusal(
                  [&] {
                    make("map").ids(Tensor::of(Ids{3}, {1, 1}), {}, to);
                  },
                  "ids"),
              HasSubstr("not in the student's vocabulary"));
}

TEST(VocabularyMap, PutsTokensWithoutAnEqualLastAndReportsTheirProbability) {
  const Mapped row = map_row({0, 1, 2}, {0.5f, 0.25f, 0.125f}, {7, -1, 4});
  EXPECT_THAT(row.ids, ElementsAre(7, 4, -1));
  EXPECT_THAT(row.probability, ElementsAre(FloatNear(0.5f, 1e-6f), FloatNear(0.125f, 1e-6f), 0.0f));
  EXPECT_NEAR(row.unmapped, 0.25, 1e-6);
}

TEST(VocabularyMap, AddsTokensOfEqualBytesAndKeepsTheOrder) {
  const Mapped row = map_row({0, 1, 2, 3}, {0.3f, 0.25f, 0.2f, 0.1f}, {7, 4, 4, 9});
  EXPECT_THAT(row.ids, ElementsAre(4, 7, 9, -1));
  EXPECT_THAT(row.probability,
              ElementsAre(FloatNear(0.45f, 1e-6f), FloatNear(0.3f, 1e-6f), FloatNear(0.1f, 1e-6f), 0.0f));
  EXPECT_EQ(row.unmapped, 0);
}

TEST(VocabularyMap, TakesLogitsBeyondTheTeachersTokensForTokensWithoutAnEqual) {
  const Mapped row = map_row({9, 0}, {0.75f, 0.125f}, {3});
  EXPECT_THAT(row.ids, ElementsAre(3, -1));
  EXPECT_NEAR(row.unmapped, 0.75, 1e-6);
}

TEST(VocabularyMap, RefusesEndsThatDoNotAscend) {
  const Tensor bytes = Tensor::of(std::vector<std::uint8_t>{'a', 'b'}, {2});
  for (const Ids& ends : {Ids{2, 1}, Ids{3}, Ids{-1}}) {
    const Tensor list = Tensor::of(ends, {std::ssize(ends)});
    EXPECT_THAT(refusal([&] { make("map").compare(bytes, list, bytes, list); }, "token_ends"),
                HasSubstr("does not ascend within the bytes"));
  }
}

}  // namespace
}  // namespace gistmill::vocabulary_map
