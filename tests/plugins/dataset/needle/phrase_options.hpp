// Options of dataset/needle-phrases for tests: two names, three numbers, short templates.
#pragma once

#include <string>
#include <vector>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::dataset::test {

inline gistmill::test::PlainTable phrase_table(const gistmill::test::PlainTable& changes = {}) {
  gistmill::test::PlainTable all = {{"needle", std::string("{name} has {number}")},
                                    {"question", std::string("{name}?")},
                                    {"answer", std::string(" {number}")},
                                    {"names", std::vector<std::string>{"Rome", "Oslo"}},
                                    {"numbers", std::int64_t{3}},
                                    {"seed", std::int64_t{1}}};
  for (const auto& [key, value] : changes) all[key] = value;
  return all;
}

}  // namespace gistmill::dataset::test
