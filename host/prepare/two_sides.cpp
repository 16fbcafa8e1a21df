#include "host/prepare/two_sides.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "gistmill/formats/token_file.hpp"  // kTrainSplit
#include "host/prepare/token_file_facts.hpp"

namespace gistmill {
namespace {

using Sides = std::map<std::string, std::int32_t, std::less<>>;

constexpr std::int32_t kBoth = 2;

// "a.txt" of "a.txt#3-noisy" or of "a.txt:12": the file that a document is made of.
std::string_view file_of(std::string_view document) {
  return document.substr(0, document.find_last_of("#:"));
}

// Of documents and of the files that they are made of.
Sides sides_of(const std::vector<TokenFileDocument>& corpus) {
  Sides sides;
  for (const auto& [name, split] : corpus) {
    for (const std::string_view text : {std::string_view(name), file_of(name)}) {
      const auto known = sides.emplace(text, split);
      if (known.first->second != split) known.first->second = kBoth;
    }
  }
  return sides;
}

// Texts of both corpora that one trains on and the other holds out, with the side in `corpus`: the first two.
std::vector<std::pair<std::string, std::int32_t>> split_apart(const Sides& corpus, const Sides& other) {
  std::vector<std::pair<std::string, std::int32_t>> found;
  for (const auto& [text, side] : corpus) {
    const auto there = other.find(text);
    if (there == other.end() || side == kBoth || there->second == kBoth || side == there->second) continue;
    found.emplace_back(text, side);
    if (found.size() == 2) break;
  }
  return found;
}

}  // namespace

std::vector<std::string> TwoSides::add(const std::filesystem::path& path) {
  if (corpora_.contains(path)) return {};
  const auto documents = documents_of_token_file(path);
  if (!documents) return {};  // another store's, or damaged: who reads it says so
  Sides sides = sides_of(*documents);
  std::vector<std::string> told;
  for (const auto& [other, other_sides] : corpora_) {
    const auto apart = split_apart(sides, other_sides);
    if (apart.empty()) continue;
    const auto& [text, side] = apart.front();
    const bool trains = side == formats::kTrainSplit;
    told.push_back(fmt::format(
        "'{}' is train text in {} and held out in {}{}; if it is one text, give their sources the "
        "same group, hold_out, validation and salt",
        text, (trains ? path : other).string(), (trains ? other : path).string(),
        apart.size() > 1 ? ", as are others" : ""));
  }
  corpora_.emplace(path, std::move(sides));
  return told;
}

}  // namespace gistmill
