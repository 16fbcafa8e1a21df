// The trie against a map of strings.
#include "plugins/tokenizer/common/trie.hpp"

#include <map>
#include <random>
#include <string>

#include <gmock/gmock.h>

namespace gistmill::tokenizer {
namespace {

TEST(Trie, FindsWhatAMapOfStringsHas) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    const unsigned letters = 1 + random() % 256;
    const auto word = [&](std::size_t most) {
      std::string text;
      for (std::size_t size = random() % (most + 1); size > 0; --size)
        text += static_cast<char>(random() % letters);
      return text;
    };
    std::map<std::string, std::int32_t> known;
    std::vector<std::string> words;
    for (std::size_t i = 0, count = random() % 300; i < count; ++i) words.push_back(word(6));
    std::vector<NumberedString> numbered;
    for (std::size_t i = 0; i < words.size(); ++i) {
      numbered.push_back({words[i], static_cast<std::int32_t>(i)});
      known[words[i]] = static_cast<std::int32_t>(i);
    }
    const Trie trie(std::move(numbered));
    for (int i = 0; i < 100; ++i) {
      const std::string text = i < 50 || words.empty() ? word(9) : words[random() % words.size()] + word(2);
      std::vector<std::pair<std::size_t, std::int32_t>> found, expected;
      trie.each_prefix(text, [&](std::size_t size, std::int32_t id) { found.emplace_back(size, id); });
      for (std::size_t size = 1; size <= text.size(); ++size) {
        if (const auto one = known.find(text.substr(0, size)); one != known.end())
          expected.emplace_back(size, one->second);
      }
      EXPECT_EQ(found, expected);
      const auto whole = known.find(text);
      EXPECT_EQ(trie.find(text), text.empty() || whole == known.end() ? -1 : whole->second);
    }
  }
  EXPECT_EQ(Trie().find("a"), -1);
}

}  // namespace
}  // namespace gistmill::tokenizer
