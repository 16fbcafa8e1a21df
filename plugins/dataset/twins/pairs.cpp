#include "plugins/dataset/twins/pairs.hpp"

#include <string>
#include <string_view>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

constexpr std::string_view kFirst = "-twin-a";
constexpr std::string_view kSecond = "-twin-b";

bool are_pair(std::string_view first, std::string_view second) {
  return first.ends_with(kFirst) && second.ends_with(kSecond) &&
         first.substr(0, first.size() - kFirst.size()) == second.substr(0, second.size() - kSecond.size());
}

Ids ids_of(const formats::TokenFileReader& file, std::size_t document) {
  Ids ids(file.length(document));
  file.read(document, 0, ids.size(), ids.data());
  return ids;
}

Place within(const Place& place, std::int64_t begin) { return {place.begin - begin, place.size}; }

}  // namespace

std::vector<Pair> find_pairs(const formats::TokenFileReader& file, std::int32_t split,
                             const PairShape& shape) {
  std::vector<Pair> pairs;
  std::size_t found = 0;
  for (std::size_t i = 0; i + 1 < file.documents(); ++i) {
    if (file.split(i) != split || !are_pair(file.name(i), file.name(i + 1))) continue;
    ++found;
    const Ids first = ids_of(file, i);
    const Ids second = ids_of(file, i + 1);
    const std::optional<PairPlace> place = place_pair(first, second, shape);
    if (!place) continue;
    const Place recall = find_difference(first, second)->recall;
    const Place other = find_difference(second, first)->recall;
    pairs.push_back(
        {static_cast<std::uint32_t>(i), *place, {within(recall, place->begin), within(other, place->begin)}});
  }
  const std::string side = split == formats::kTrainSplit ? "train" : "validation";
  if (found == 0) {
    throw Error(GM_ERROR_USER,
                "none of " + std::to_string(file.documents()) + " documents begins a pair of the " + side +
                    " split; twins are made by dataset/edge-cases, as \"...-twin-a\" and \"...-twin-b\"",
                "corpus");
  }
  if (pairs.empty()) {
    throw Error(GM_ERROR_USER,
                "none of " + std::to_string(found) + " pairs has room for " + std::to_string(shape.spans) +
                    " spans of " + std::to_string(shape.span) + " tokens that hold the statement, with " +
                    std::to_string(shape.first) + " tokens before and the recall within " +
                    std::to_string(shape.horizon) + " behind, in a window of " +
                    std::to_string(shape.document) +
                    "; take fewer spans, a smaller first or document, or a longer horizon",
                "document");
  }
  return pairs;
}

}  // namespace gistmill::dataset
