// One JSON object a line: first what the items are, then one for each item.
#include "host/figures/measured_items.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>

#include "host/diagnostic/failure.hpp"
#include "host/figures/finite_json.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Variant = EvaluationRows::Variant;

constexpr int kItemsFormat = 1;
constexpr const char* kItemsFolder = "items";

Json head_of(const MeasuredItems& items) {
  Json figures = Json::array();
  for (const Figure& figure : items.rows.figures) figures.push_back(figure.name);
  Json variants = Json::array();
  for (const Variant& variant : items.rows.variants) variants.push_back(variant.name);
  return {{"format", kItemsFormat},         {"stage", items.stage},          {"evaluation", items.rows.name},
          {"items", items.rows.items},      {"cluster", items.rows.cluster}, {"figures", std::move(figures)},
          {"variants", std::move(variants)}};
}

Json values_of(const Variant& variant, std::size_t item) {
  Json values = Json::array();
  for (const auto& row : variant.rows) values.push_back(finite_or_null<Json>(row[item]));
  return values;
}

// Key and cluster of an item, and of each variant the values, null where it did not measure it.
struct Line {
  std::int64_t cluster = 0;
  Json values;
};

std::string text_of(const MeasuredItems& items) {
  std::string text = head_of(items).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::vector<std::string> order;
  std::unordered_map<std::string, Line> lines;
  for (std::size_t v = 0; v < items.rows.variants.size(); ++v) {
    const Variant& variant = items.rows.variants[v];
    for (std::size_t item = 0; item < variant.keys.size(); ++item) {
      const auto [line, added] = lines.try_emplace(variant.keys[item]);
      if (added) {
        order.push_back(variant.keys[item]);
        line->second.values = Json(std::vector<Json>(items.rows.variants.size()));
        line->second.cluster = variant.clusters[item];
      }
      line->second.values[v] = values_of(variant, item);
    }
  }
  for (const std::string& key : order) {
    Line& line = lines[key];
    text += Json{{"item", key}, {"cluster", line.cluster}, {"values", std::move(line.values)}}.dump() + "\n";
  }
  return text;
}

MeasuredItems items_from(const Json& head) {
  MeasuredItems items;
  if (head.at("format") != kItemsFormat) throw std::invalid_argument("it has another format");
  items.stage = head.at("stage");
  items.rows.name = head.at("evaluation");
  items.rows.items = head.at("items");
  items.rows.cluster = head.at("cluster");
  for (const Json& figure : head.at("figures")) items.rows.figures.push_back({figure, {}});
  for (const Json& variant : head.at("variants")) {
    items.rows.variants.push_back({variant, "", false, {}, {}, {}});
    items.rows.variants.back().rows.resize(items.rows.figures.size());
  }
  return items;
}

void add_line(const Json& json, MeasuredItems& items) {
  for (std::size_t v = 0; v < items.rows.variants.size(); ++v) {
    const Json& values = json.at("values").at(v);
    if (values.is_null()) continue;
    Variant& variant = items.rows.variants[v];
    variant.keys.push_back(json.at("item"));
    variant.clusters.push_back(json.at("cluster"));
    for (std::size_t f = 0; f < variant.rows.size(); ++f) {
      const Json& value = values.at(f);
      variant.rows[f].push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                                : value.get<double>());
    }
  }
}

const Variant* variant_of(const ItemsOf& of) {
  if (of.run == nullptr) return nullptr;
  const auto found = std::ranges::find(of.run->rows.variants, of.variant, &Variant::name);
  return found == of.run->rows.variants.end() ? nullptr : &*found;
}

const std::vector<double>* values_of(const ItemsOf& of, const Variant& variant) {
  const auto found = std::ranges::find(of.run->rows.figures, of.figure, &Figure::name);
  if (found == of.run->rows.figures.end()) return nullptr;
  return &variant.rows[static_cast<std::size_t>(found - of.run->rows.figures.begin())];
}

}  // namespace

fs::path items_file(const fs::path& run_folder, const std::string& stage, const std::string& evaluation) {
  const fs::path folder = run_folder / kItemsFolder;
  return (stage.empty() ? folder : folder / stage) / (evaluation + ".jsonl");
}

void write_items(const fs::path& path, const MeasuredItems& items) {
  make_folders(path.parent_path());
  write_file_atomically(path, text_of(items));
}

MeasuredItems read_items(const fs::path& path) {
  std::istringstream lines(read_text_file(path));
  std::string line;
  std::uint32_t number = 1;
  try {
    std::getline(lines, line);
    MeasuredItems items = items_from(Json::parse(line));
    for (; std::getline(lines, line); ++number) add_line(Json::parse(line), items);
    return items;
  } catch (const std::exception& error) {  // of nlohmann's, or items_from's own
    throw Failure(ExitCode::failed, Origin{path.string(), number, 0}, "is no file of measured items",
                  {error.what()});
  }
}

std::vector<MeasuredItems> read_items_of(const fs::path& run_folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(run_folder / kItemsFolder, error)) {
    if (entry.path().extension() == ".jsonl") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<MeasuredItems> all;
  for (const fs::path& path : paths) all.push_back(read_items(path));
  return all;
}

const MeasuredItems* find_items(const std::vector<MeasuredItems>& all, std::string_view stage,
                                std::string_view evaluation) {
  const auto found = std::ranges::find_if(
      all, [&](const MeasuredItems& each) { return each.stage == stage && each.rows.name == evaluation; });
  return found == all.end() ? nullptr : &*found;
}

SharedItems shared_items(const ItemsOf& first, const ItemsOf& second) {
  SharedItems shared;
  const Variant* left = variant_of(first);
  const Variant* right = variant_of(second);
  if (left == nullptr || right == nullptr) return shared;
  const std::vector<double>* of_left = values_of(first, *left);
  const std::vector<double>* of_right = values_of(second, *right);
  if (of_left == nullptr || of_right == nullptr) return shared;
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < right->keys.size(); ++i) places.emplace(right->keys[i], i);
  for (std::size_t i = 0; i < left->keys.size(); ++i) {
    const auto other = places.find(left->keys[i]);
    if (other == places.end()) continue;
    shared.keys.push_back(left->keys[i]);
    shared.first.push_back((*of_left)[i]);
    shared.second.push_back((*of_right)[other->second]);
    shared.clusters.push_back(left->clusters[i]);
  }
  shared.not_shared = std::ssize(left->keys) + std::ssize(right->keys) - 2 * std::ssize(shared.first);
  return shared;
}

std::optional<Estimate> paired_change(const ItemsOf& first, const ItemsOf& second, Aggregate aggregate) {
  return mean_paired_change({{first, second}}, aggregate);
}

std::optional<Estimate> mean_paired_change(const std::vector<ItemPair>& pairs, Aggregate aggregate) {
  const bool adds_up = aggregate == Aggregate::mean || aggregate == Aggregate::sum;
  if (pairs.empty() || (pairs.size() > 1 && !adds_up)) return std::nullopt;
  SharedItems all;
  std::unordered_map<std::string, std::int64_t> numbers;  // key -> which item
  for (const ItemPair& pair : pairs) {
    const SharedItems shared = shared_items(pair.first, pair.second);
    if (shared.first.size() < 2) return std::nullopt;
    const bool independent = pair.first.run->rows.cluster.empty();
    for (std::size_t i = 0; i < shared.first.size(); ++i) {
      const std::int64_t number = numbers.try_emplace(shared.keys[i], std::ssize(numbers)).first->second;
      all.first.push_back(shared.first[i]);
      all.second.push_back(shared.second[i]);
      all.clusters.push_back(independent ? number : shared.clusters[i]);
    }
  }
  Estimate change = paired_difference(aggregate, all.second, all.first, all.clusters);
  if (pairs.size() > 1) change.items = std::ssize(numbers);
  if (aggregate == Aggregate::sum) {
    change.value /= static_cast<double>(pairs.size());
    change.standard_error /= static_cast<double>(pairs.size());
  }
  return change;
}

}  // namespace gistmill
