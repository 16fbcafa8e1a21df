// Options of dataset/spans as its tests begin with them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gistmill/plugin/values.hpp>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::dataset::test {

// Random spans of every document, again and again; a stride is a span.
inline gistmill::test::PlainTable spans_options(const std::vector<WeightedFile>& corpus,
                                                std::int64_t document, std::int64_t span,
                                                std::int64_t horizon, std::int64_t spans, std::int64_t first,
                                                const gistmill::test::PlainTable& changes = {}) {
  gistmill::test::PlainTable all = {{"corpus", corpus},
                                    {"split", std::string("train")},
                                    {"document", document},
                                    {"span", span},
                                    {"horizon", horizon},
                                    {"spans", spans},
                                    {"first", first},
                                    {"stride", span},
                                    {"begin", std::int64_t{-1}},
                                    {"full_horizon", true},
                                    {"placement", std::string("random")},
                                    {"order", std::string("shuffle")},
                                    {"window", std::string("all")},
                                    {"repeat", true},
                                    {"limit", std::int64_t{0}},
                                    {"passes", 1}};
  for (const auto& [key, value] : changes) all[key] = value;
  return all;
}

}  // namespace gistmill::dataset::test
