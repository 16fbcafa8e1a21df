// The product with a matrix as it lies in its file equals the product with its dequantized values.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstring>
#include <gistmill/formats/gguf.hpp>
#include <random>

#include "plugins/teacher/decoder/stored_matrix.hpp"

namespace gistmill::decoder {
namespace {

using formats::GgufType;

struct Stored {
  std::string bytes;
  StoredMatrix matrix;
  std::vector<float> values;  // dequantized
};

void put_half(std::string& bytes, float value) {
  const c10::Half half(value);
  bytes.append(reinterpret_cast<const char*>(&half.x), sizeof half.x);
}

float half(const char* bytes) {
  c10::Half value;
  std::memcpy(&value.x, bytes, sizeof value.x);
  return value;
}

constexpr std::int64_t kRows = 37;
constexpr std::int64_t kColumns = 96;

// Random blocks, and what ggml says they mean.
Stored make(GgufType type) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  Stored stored;
  for (std::int64_t block = 0; block < kRows * kColumns / 32; ++block) {
    if (type == GgufType::kQ4_1) {
      put_half(stored.bytes, normal(random) * 0.1f);
      put_half(stored.bytes, normal(random));
      for (int i = 0; i < 16; ++i) stored.bytes.push_back(static_cast<char>(random()));
      const char* from = stored.bytes.data() + stored.bytes.size() - 20;
      for (int i = 0; i < 32; ++i) {
        const auto byte = static_cast<unsigned char>(from[4 + i % 16]);
        stored.values.push_back(half(from) * static_cast<float>(i < 16 ? byte & 15 : byte >> 4) +
                                half(from + 2));
      }
    } else if (type == GgufType::kQ8_0) {
      put_half(stored.bytes, normal(random) * 0.1f);
      for (int i = 0; i < 32; ++i) stored.bytes.push_back(static_cast<char>(random()));
      const char* from = stored.bytes.data() + stored.bytes.size() - 34;
      for (int i = 0; i < 32; ++i) {
        stored.values.push_back(half(from) * static_cast<float>(static_cast<signed char>(from[2 + i])));
      }
    } else {
      for (int i = 0; i < 32; ++i) {
        float value = normal(random);
        if (type == GgufType::kBF16) {
          const c10::BFloat16 rounded(value);
          value = rounded;
          stored.bytes.append(reinterpret_cast<const char*>(&rounded.x), sizeof rounded.x);
        } else if (type == GgufType::kF16) {
          const c10::Half rounded(value);
          value = rounded;
          stored.bytes.append(reinterpret_cast<const char*>(&rounded.x), sizeof rounded.x);
        } else {
          stored.bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
        }
        stored.values.push_back(value);
      }
    }
  }
  stored.matrix = {
      type, stored.bytes.data(), kRows, kColumns, static_cast<std::int64_t>(stored.bytes.size()) / kRows, {}};
  return stored;
}

class Product : public ::testing::TestWithParam<GgufType> {};

TEST_P(Product, IsThatOfTheDequantizedValues) {
  Stored stored = make(GetParam());
  stored.matrix.data = stored.bytes.data();
  ASSERT_TRUE(can_multiply(GetParam()));
  const at::Tensor vector = at::randn({kColumns}, at::kFloat);
  const at::Tensor expected =
      at::mv(at::tensor(stored.values, at::kDouble).view({kRows, kColumns}), vector.to(at::kDouble));
  at::Tensor found = at::empty({kRows}, at::kFloat);
  multiply(stored.matrix, 0, kRows, vector.const_data_ptr<float>(), found.mutable_data_ptr<float>());
  EXPECT_LE((found.to(at::kDouble) - expected).abs().max().item<double>(),
            1e-5 * expected.abs().max().item<double>());

  // Some rows, in another order.
  for (std::int32_t i = 0; i < kRows; ++i)
    stored.matrix.order.push_back(static_cast<std::int32_t>(kRows) - 1 - i);
  at::Tensor some = at::empty({5}, at::kFloat);
  multiply(stored.matrix, 10, 5, vector.const_data_ptr<float>(), some.mutable_data_ptr<float>());
  EXPECT_TRUE(at::equal(some, found.flip(0).narrow(0, 10, 5)));
}

INSTANTIATE_TEST_SUITE_P(Types, Product,
                         ::testing::Values(GgufType::kF32, GgufType::kF16, GgufType::kBF16, GgufType::kQ4_1,
                                           GgufType::kQ8_0),
                         [](const auto& instance) { return formats::gguf_type_name(instance.param); });

}  // namespace
}  // namespace gistmill::decoder
