#include "plugins/dataset/spans/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include <gistmill/plugin/values.hpp>
#include <gistmill/random.hpp>

namespace gistmill::dataset {
namespace {

constexpr char kStateHead[] = "dataset/spans";
constexpr int kStateVersion = 2;

// Weights of 0.6, 0.3 and 0.1 do not add up to exactly 1.
constexpr double kRounding = 1e-9;

double sum(const std::vector<double>& weights) {
  return std::accumulate(weights.begin(), weights.end(), 0.0);
}

// `total` as whole numbers in the ratio of the weights: rounded down, the rest to those that lost most.
std::vector<std::size_t> apportion(std::size_t total, const std::vector<double>& weights) {
  std::vector<std::size_t> shares;
  std::vector<double> lost;
  for (const double weight : weights) {
    const double exact = static_cast<double>(total) * weight / sum(weights);
    shares.push_back(static_cast<std::size_t>(exact + kRounding));
    lost.push_back(exact - static_cast<double>(shares.back()));
  }
  std::size_t given = std::accumulate(shares.begin(), shares.end(), std::size_t{0});
  for (; given < total; ++given) {
    const auto most = static_cast<std::size_t>(std::max_element(lost.begin(), lost.end()) - lost.begin());
    ++shares[most];
    lost[most] -= 1;
  }
  return shares;
}

// The largest number of windows of which every corpus has its share.
std::size_t one_pass(const std::vector<std::size_t>& windows, const std::vector<double>& weights) {
  double most = INFINITY;
  for (std::size_t i = 0; i < windows.size(); ++i)
    most = std::min(most, static_cast<double>(windows[i]) * sum(weights) / weights[i]);
  return static_cast<std::size_t>(most + kRounding);
}

}  // namespace

std::vector<std::size_t> windows_by_weight(const std::vector<std::size_t>& windows,
                                           const std::vector<double>& weights, std::size_t limit,
                                           bool repeat) {
  if (limit == 0 && repeat) return windows;
  if (limit != 0 && limit < windows.size()) {
    throw Error(GM_ERROR_USER,
                "limit is " + std::to_string(limit) + " when there are " + std::to_string(windows.size()) +
                    " corpora: each needs a window",
                "limit");
  }
  const std::size_t pass = one_pass(windows, weights);
  const std::size_t total = repeat ? limit : limit == 0 ? pass : std::min(limit, pass);
  std::vector<std::size_t> shares = apportion(total, weights);
  for (std::size_t i = 0; i < shares.size(); ++i)
    shares[i] = std::min(std::max<std::size_t>(shares[i], 1), windows[i]);
  return shares;
}

CorpusDraws::CorpusDraws(const std::vector<double>& weights) {
  double end = 0;
  for (const double weight : weights) ends_.push_back((end += weight) / sum(weights));
}

std::size_t CorpusDraws::corpus(std::uint64_t number) const {
  if (ends_.size() == 1) return 0;
  // GM_RANDOM_GAMMA is 2^64 divided by the golden ratio: the multiples of no other number are spread better.
  const std::uint64_t point = key_ + number * GM_RANDOM_GAMMA;
  const double place = static_cast<double>(point >> 11) * 0x1p-53;
  const auto found = std::upper_bound(ends_.begin(), ends_.end() - 1, place);
  return static_cast<std::size_t>(found - ends_.begin());
}

MixedOrder::MixedOrder(const std::vector<std::size_t>& windows, const std::vector<double>& weights,
                       const Settings& settings)
    : draws_(weights), settings_(settings) {
  for (const std::size_t count : windows) orders_.emplace_back(count, settings.shuffle, settings.repeat);
  set_seed(0);
}

void MixedOrder::set_seed(std::uint64_t seed) {
  seed_ = seed;
  const std::uint64_t mixture = combined_key(seed, ~std::uint64_t{0});  // the first corpus has keys of epochs
  draws_.set_key(settings_.shuffle ? combined_key(mixture, 0) : 0);
  for (std::size_t i = 0; i < orders_.size(); ++i)
    orders_[i].set_seed(i == 0 ? seed : combined_key(mixture, i));
}

bool MixedOrder::draw() {
  const bool over = std::all_of(orders_.begin(), orders_.end(), [&](const WindowOrder& order) {
    return !settings_.repeat && order.place() == order.windows();
  });
  if (over) return false;
  std::size_t window = 0;
  do current_ = draws_.corpus(drawn_++);
  while (!orders_[current_].next(window));
  return true;
}

bool MixedOrder::next(Choice& choice) {
  if (used_ == 0 || used_ == settings_.passes) {
    if (!draw()) return false;
    used_ = 0;
  }
  ++used_;
  choice = {current_, orders_[current_].latest()};
  return true;
}

std::string MixedOrder::save(std::string_view digest) const {
  std::ostringstream out;
  out << kStateHead << ' ' << kStateVersion << ' ' << digest << ' ' << seed_ << ' ' << drawn_ << ' '
      << current_ << ' ' << used_ << ' ' << orders_.size();
  for (const WindowOrder& order : orders_)
    out << ' ' << order.windows() << ' ' << order.epoch() << ' ' << order.place();
  return out.str();
}

// As save() wrote it.
struct MixedOrder::State {
  struct Corpus {
    std::size_t windows = 0;
    std::uint64_t epoch = 0;
    std::size_t place = 0;
  };

  std::string digest;
  std::uint64_t seed = 0;
  std::uint64_t drawn = 0;
  std::size_t current = 0;
  std::size_t used = 0;
  std::vector<Corpus> corpora;
  std::size_t windows = 0;

  explicit State(std::string_view text) {
    std::istringstream in{std::string(text)};
    std::string head;
    int version = 0;
    std::size_t count = 0;
    in >> head >> version;
    if (!in || head != kStateHead)
      throw Error(GM_ERROR_USER, "the saved position was not written by dataset/spans");
    if (version != kStateVersion) {
      throw Error(GM_ERROR_USER, "the saved position has version " + std::to_string(version) +
                                     " when this plugin reads " + std::to_string(kStateVersion));
    }
    in >> digest >> seed >> drawn >> current >> used >> count;
    bool sound = static_cast<bool>(in);
    for (std::size_t i = 0; sound && i < count; ++i) {
      Corpus corpus;
      in >> corpus.windows >> corpus.epoch >> corpus.place;
      sound = in && corpus.place <= corpus.windows;
      windows += corpus.windows;
      corpora.push_back(corpus);
    }
    // Where a window was given, the corpus that it is of has a place.
    sound = sound && current < count && (used == 0 || corpora[current].place > 0);
    if (!sound) throw Error(GM_ERROR_USER, "the saved position is damaged");
  }
};

void MixedOrder::load(std::string_view text, std::string_view digest) {
  const State state(text);
  std::size_t windows = 0;
  bool same = state.digest == digest && state.corpora.size() == orders_.size();
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    windows += orders_[i].windows();
    same = same && state.corpora[i].windows == orders_[i].windows();
  }
  if (!same) {
    throw Error(GM_ERROR_USER,
                "the saved position is from other data: " + std::to_string(state.windows) + " windows of " +
                    state.digest.substr(0, 12) + " when these are " + std::to_string(windows) + " of " +
                    std::string(digest.substr(0, 12)),
                "corpus");
  }
  set_seed(state.seed);
  drawn_ = state.drawn;
  current_ = state.current;
  used_ = state.used;
  for (std::size_t i = 0; i < orders_.size(); ++i)
    orders_[i].seek(state.corpora[i].epoch, state.corpora[i].place);
}

}  // namespace gistmill::dataset
