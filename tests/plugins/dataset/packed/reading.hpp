// Options of dataset/packed, and what it gives, for tests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "plugins/dataset/packed/packed.hpp"
#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::dataset::test {

inline gistmill::test::PlainTable packed_table(const std::filesystem::path& folder,
                                               const gistmill::test::PlainTable& changes = {}) {
  gistmill::test::PlainTable all = {{"corpus", std::string()},
                                    {"folder", folder.string()},
                                    {"apart_from", std::string()},
                                    {"split", std::string("train")},
                                    {"length", std::int64_t{0}},
                                    {"batch", std::int64_t{1}},
                                    {"order", std::string("sequential")},
                                    {"limit", std::int64_t{0}},
                                    {"repeat", false}};
  for (const auto& [key, value] : changes) all[key] = value;
  return all;
}

inline void start(Packed& packed, std::uint64_t seed = 1) {
  gm_start with{};
  with.struct_size = sizeof with;
  with.seed = seed;
  packed.start(Start(&with));
}

template <class T>
std::vector<T> numbers(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

// Everything that one call gives.
struct PackedBatch {
  std::vector<std::int32_t> ids, boundaries, sequence, document;
  std::vector<float> counts;
};

inline PackedBatch next(Packed& packed, const std::optional<Tensor>& tokenizer = {}) {
  const auto [ids, counts, boundaries, sequence, document] = packed.next(tokenizer);
  return {numbers<std::int32_t>(ids), numbers<std::int32_t>(boundaries), numbers<std::int32_t>(sequence),
          numbers<std::int32_t>(document), numbers<float>(counts)};
}

}  // namespace gistmill::dataset::test
