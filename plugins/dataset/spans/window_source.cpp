#include "plugins/dataset/spans/window_source.hpp"

#include <charconv>
#include <utility>

#include <gistmill/formats/digest.hpp>

namespace gistmill::dataset {
namespace {

std::vector<double> weights_of(const std::vector<WeightedFile>& files) {
  std::vector<double> weights;
  for (const WeightedFile& file : files) weights.push_back(file.weight);
  return weights;
}

std::vector<std::size_t> counts_of(const std::vector<std::vector<Window>>& windows) {
  std::vector<std::size_t> counts;
  for (const std::vector<Window>& corpus : windows) counts.push_back(corpus.size());
  return counts;
}

// Those of every corpus that an epoch has.
std::vector<std::vector<Window>> find_windows(const Corpora& corpora, const std::vector<double>& weights,
                                              const Options& options, const WindowSource::Cut& cut,
                                              std::int32_t split) {
  std::vector<std::vector<Window>> windows;
  try {
    windows = corpora.find_windows(split, options.integer(cut.length), options.string("window") == "first");
  } catch (const Error& error) {
    throw Error(error.code, error.what(), error.key == "document" ? cut.length : error.key);
  }
  const std::vector<std::size_t> counts = windows_by_weight(
      counts_of(windows), weights, static_cast<std::size_t>(cut.limit), options.boolean("repeat"));
  for (std::size_t i = 0; i < windows.size(); ++i)
    windows[i] = limit_windows(std::move(windows[i]), counts[i]);
  return windows;
}

std::string text_of(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

}  // namespace

WindowSource::WindowSource(const Options& options, const Cut& cut)
    : length_(options.integer(cut.length)),
      split_(options.string("split") == "validation" ? formats::kValidationSplit : formats::kTrainSplit),
      passes_(cut.passes),
      weights_(weights_of(options.mixture("corpus"))),
      corpora_(options.mixture("corpus")),
      windows_(find_windows(corpora_, weights_, options, cut, split_)),
      order_(counts_of(windows_), weights_,
             {options.string("order") == "shuffle", options.boolean("repeat"),
              static_cast<std::size_t>(cut.passes)}) {}

void WindowSource::start(const Start& start) {
  corpora_.verify();
  order_.set_seed(start.seed());
}

bool WindowSource::next(Item& item) {
  MixedOrder::Choice choice;
  if (!order_.next(choice)) return false;
  item = {choice.corpus, windows_[choice.corpus][choice.window]};
  return true;
}

std::size_t WindowSource::windows() const {
  std::size_t count = 0;
  for (const std::vector<Window>& corpus : windows_) count += corpus.size();
  return count;
}

void WindowSource::read(const Item& item, std::int32_t* out) const {
  corpora_.read(item.corpus, item.window, length_, out);
}

std::int32_t WindowSource::document(const Item& item) const {
  return corpora_.document(item.corpus, item.window);
}

std::string_view WindowSource::name(const Item& item) const {
  return corpora_.name(item.corpus, item.window);
}

std::string WindowSource::identity() const {
  formats::Sha256 sha;
  sha.update_field(corpora_.digest());
  if (weights_.size() > 1) {
    for (const double weight : weights_) sha.update_field(text_of(weight));
  }
  sha.update_field(std::to_string(length_));
  sha.update_field(std::to_string(split_));
  sha.update_field(std::to_string(passes_));
  return sha.hex();
}

}  // namespace gistmill::dataset
