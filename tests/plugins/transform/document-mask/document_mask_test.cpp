// Which tokens of a packed sequence see each other.
#include "plugins/transform/document-mask/document_mask.hpp"

#include <gmock/gmock.h>

#include <random>
#include <vector>

#include "tests/plugins/support/plain_options.hpp"
#include "tests/plugins/support/refusal.hpp"

namespace gistmill::document_mask {
namespace {

using ::testing::ElementsAre;
using Numbers = std::vector<std::int32_t>;

std::tuple<Tensor, Tensor> masked(const Numbers& boundaries, std::int64_t count) {
  const DocumentMask component(test::PlainOptions({}).get());
  const auto length = static_cast<std::int64_t>(boundaries.size()) / count;
  return component.mask(Tensor::of(boundaries, {count, length}));
}

template <class T>
std::vector<T> values(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

TEST(DocumentMask, LetsATokenSeeItsOwnDocumentUpToItself) {
  const auto [mask, positions] = masked({1, 0, 1, 0}, 1);
  EXPECT_THAT(values<std::uint8_t>(mask), ElementsAre(1, 0, 0, 0,  //
                                                      1, 1, 0, 0,  //
                                                      0, 0, 1, 0,  //
                                                      0, 0, 1, 1));
  EXPECT_THAT(values<std::int32_t>(positions), ElementsAre(0, 1, 0, 1));
}

TEST(DocumentMask, TakesWhatASequenceBeginsWithForADocument) {
  const auto [mask, positions] = masked({0, 0, 1, 0, 0, 0}, 2);
  EXPECT_THAT(values<std::int32_t>(positions), ElementsAre(0, 1, 0, 0, 1, 2));
}

TEST(DocumentMask, EqualsItsDefinitionOnRandomSequences) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::int64_t count = 1 + random() % 3, length = 1 + random() % 20;
    Numbers begins(static_cast<std::size_t>(count * length));
    for (std::int32_t& begin : begins) begin = random() % 4 == 0 ? 1 : 0;
    const auto [mask, positions] = masked(begins, count);
    for (std::int64_t b = 0; b < count; ++b) {
      for (std::int64_t i = 0; i < length; ++i) {
        for (std::int64_t j = 0; j < length; ++j) {
          bool sees = j <= i;
          for (std::int64_t k = j + 1; k <= i; ++k)
            sees = sees && begins[static_cast<std::size_t>(b * length + k)] == 0;
          EXPECT_EQ(mask.data<std::uint8_t>()[(b * length + i) * length + j], sees ? 1 : 0);
        }
      }
    }
  }
}

TEST(DocumentMask, RefusesAnotherBoundaryAtItsPlace) {
  EXPECT_EQ(test::refusal_of([] {
              masked({1, 0, 1, 2}, 2);
            }),
            "boundaries: sequence 2, column 2: the boundary is 2 when it should be 0 or 1");
}

}  // namespace
}  // namespace gistmill::document_mask
