// llama.cpp's test vectors of a vocabulary: FILE.inp holds the cases, FILE.out a line of ids for each.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::test {

struct TokenizerCase {
  std::string text;
  std::vector<std::int32_t> ids;
};

// Fails the calling test where a case has no ids.
inline std::vector<TokenizerCase> llama_cpp_vectors(const std::filesystem::path& vocabulary) {
  const std::string texts = read_file(vocabulary.string() + ".inp");
  std::istringstream lines(read_file(vocabulary.string() + ".out"));
  const std::string separator = "\n__ggml_vocab_test__\n";
  std::vector<TokenizerCase> cases;
  for (std::size_t at = 0, end; (end = texts.find(separator, at)) != std::string::npos;
       at = end + separator.size()) {
    std::string line;
    EXPECT_TRUE(std::getline(lines, line));
    std::istringstream numbers(line);
    TokenizerCase& found = cases.emplace_back();
    found.text = texts.substr(at, end - at);
    for (std::int32_t id; numbers >> id;) found.ids.push_back(id);
  }
  return cases;
}

}  // namespace gistmill::test
