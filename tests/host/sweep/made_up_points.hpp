// Points of a study of one width and its seeds, with figures that the test says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/sweep/axis_effects.hpp"

namespace gistmill {

inline Headline headline(Better better = Better::lower) {
  Headline headline{"heldout", "gist", {"delta", {}}, 0, "", "spans"};
  headline.figure.spec.better = better;
  return headline;
}

inline MeasuredPoint point(const std::string& width, const std::string& seed, double value) {
  MeasuredPoint point;
  point.id = width + seed;
  point.settings = {{"gist.width", width}, {"run.seed", seed}};
  point.value = value;
  point.seconds = 1;
  return point;
}

// The same with items "0", "1", ..., each of a document of its own.
inline MeasuredPoint with_items(MeasuredPoint point, const std::vector<double>& values) {
  MeasuredItems items;
  items.rows.name = "heldout";
  items.rows.figures = {{"delta", {}}};
  items.rows.cluster = "document";
  EvaluationRows::Variant gist{"gist", "", true, {values}, {}, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    gist.clusters.push_back(static_cast<std::int64_t>(i));
    gist.keys.push_back(std::to_string(i));
  }
  items.rows.variants.push_back(gist);
  point.kept = std::make_shared<const std::vector<MeasuredItems>>(std::vector<MeasuredItems>{items});
  point.headline = headline();
  return point;
}

}  // namespace gistmill
