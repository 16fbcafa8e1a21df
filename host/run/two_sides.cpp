#include "host/run/two_sides.hpp"

#include <fmt/format.h>

#include <string_view>

#include "gistmill/formats/token_file.hpp"

namespace gistmill {
namespace {

constexpr std::int32_t kBoth = 2;

// "a.txt" of "a.txt#3-noisy" or of "a.txt:12": the file that a document is made of.
std::string_view file_of(std::string_view document) {
  return document.substr(0, document.find_last_of("#:"));
}

}  // namespace

std::vector<std::string> TwoSides::add(const std::filesystem::path& path) {
  if (corpora_.contains(path)) return {};
  Sides sides;
  try {
    const formats::TokenFileReader corpus(path);
    for (std::size_t i = 0; i < corpus.documents(); ++i) {
      for (const std::string_view text : {corpus.name(i), file_of(corpus.name(i))}) {
        const auto known = sides.emplace(text, corpus.split(i));
        if (known.first->second != corpus.split(i)) known.first->second = kBoth;
      }
    }
  } catch (const formats::FormatError&) {  // another store's, or damaged: who reads it says so
    return {};
  }

  std::vector<std::string> told;
  for (const auto& [other, other_sides] : corpora_) {
    bool more = false;
    std::string first;
    std::int32_t first_side = 0;
    for (const auto& [text, side] : sides) {
      const auto found = other_sides.find(text);
      if (found == other_sides.end() || side == kBoth || found->second == kBoth || side == found->second)
        continue;
      more = !first.empty();
      if (more) break;
      first = text;
      first_side = side;
    }
    if (first.empty()) continue;
    const bool trains = first_side == formats::kTrainSplit;
    told.push_back(fmt::format(
        "'{}' is train text in {} and held out in {}{}; if it is one text, give their sources the "
        "same group, hold_out, validation and salt",
        first, (trains ? path : other).string(), (trains ? other : path).string(),
        more ? ", as are others" : ""));
  }
  corpora_.emplace(path, std::move(sides));
  return told;
}

}  // namespace gistmill
