// A prepared corpus of counting ids, and the components over it.
#pragma once

#include <numeric>
#include <string>
#include <vector>

#include <gistmill/formats/token_file.hpp>

#include "plugins/dataset/focus/focus.hpp"
#include "tests/plugins/support/plain_options.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::dataset::test {

using gistmill::test::PlainOptions;
using gistmill::test::PlainTable;

// Document i holds 10000 i, 10000 i + 1, ...; the last one is held out.
inline std::string write_corpus(const std::filesystem::path& path, const std::vector<std::size_t>& lengths) {
  formats::TokenFileWriter writer(path, "{}");
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    std::vector<std::int32_t> ids(lengths[i]);
    std::iota(ids.begin(), ids.end(), static_cast<std::int32_t>(10000 * i));
    writer.append(ids.data(), ids.size(), "doc" + std::to_string(i), i + 1 == lengths.size() ? 1 : 0);
  }
  writer.commit();
  return path.string();
}

inline PlainTable focus_options(const std::string& corpus, const PlainTable& changes = {}) {
  PlainTable all = {{"corpus", corpus},
                    {"split", std::string("train")},
                    {"shortest", std::int64_t{8}},
                    {"longest", std::int64_t{1000}},
                    {"limit", std::int64_t{0}},
                    {"repeat", false},
                    {"block", std::int64_t{4}},
                    {"budget", std::int64_t{14}},
                    {"protected", std::int64_t{4}},
                    {"overflow", std::string("collapse")},
                    {"hold", std::int64_t{3}},
                    {"phrases", std::string()},
                    {"facts", std::int64_t{4}},
                    {"facts_seed", std::int64_t{1}},
                    {"position", std::string("center")},
                    {"horizon", std::int64_t{6}},
                    {"measure_every", std::int64_t{1}},
                    {"candidates", std::int64_t{0}},
                    {"candidates_every", std::int64_t{1}}};
  for (const auto& [key, value] : changes) all[key] = value;
  return all;
}

template <class T>
std::vector<T> values(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

inline std::string text_of(const Tensor& record) {
  const std::vector<std::uint8_t> bytes = values<std::uint8_t>(record);
  return {bytes.begin(), bytes.end()};
}

inline Tensor actions(const std::vector<std::int32_t>& pairs) {
  return Tensor::of(pairs, {static_cast<std::int64_t>(pairs.size() / 2), 2});
}

}  // namespace gistmill::dataset::test
