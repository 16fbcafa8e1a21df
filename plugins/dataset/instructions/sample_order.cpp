#include "plugins/dataset/instructions/sample_order.hpp"

#include <algorithm>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include "plugins/store/common/translated.hpp"

namespace gistmill::dataset {
namespace {

std::string of(std::size_t part, std::size_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole) + " samples";
}

LayoutRules rules_of(const Options& options, std::int32_t end) {
  return {options.integer("gist_tokens"), options.integer("max_length"), options.integer("truncate_prompt"),
          static_cast<std::int32_t>(options.integer("begin")), end};
}

}  // namespace

SampleOrder::SampleOrder(const Options& options, std::int32_t end)
    : tokens_(store::translated("corpus", [&] { return SampleTokens(options.string("corpus")); })),
      rules_(rules_of(options, end)),
      side_(options.string("split")),
      batch_(options.integer("batch")),
      repeat_(options.boolean("repeat")),
      order_({1}, {1.0}, {}) {
  select(options.integer("limit"), options.integer("reserve"));
  order_ = MixedOrder({samples_.size()}, {1.0}, {options.string("order") == "shuffle", repeat_, 1});
}

PieceLengths SampleOrder::lengths(std::size_t sample) const {
  return {tokens_.length(sample, Piece::before), tokens_.length(sample, Piece::instruction),
          tokens_.length(sample, Piece::after), tokens_.length(sample, Piece::completion)};
}

// Those of the split that fit, `limit` of them spread evenly.
void SampleOrder::select(std::int64_t limit, std::int64_t reserve) {
  const std::int32_t split = side_ == "validation" ? 1 : 0;
  LayoutRules whole = rules_;
  whole.truncate = -1;  // so that a control has the same samples
  whole.gist_tokens = std::max(whole.gist_tokens, reserve);
  std::size_t all = 0;
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_.split(i) != split) continue;
    ++all;
    const SampleLayout placed = layout_of(whole, lengths(i));
    longest = std::max(longest, placed.completion);
    if (placed.fits()) samples_.push_back(i);
  }
  if (all == 0) throw Error(GM_ERROR_USER, "the prepared file has no " + side_ + " samples", "split");
  const std::size_t left_out = all - samples_.size();
  const std::string room = std::to_string(rules_.max_length) + " tokens, which leaves no room for an answer";
  if (samples_.empty()) {
    throw Error(GM_ERROR_USER,
                "the prompt of each of " + std::to_string(all) + " samples takes at least " + room,
                "max_length");
  }
  if (left_out > 0) {
    notes_.push_back(of(left_out, all) + " are left out: their prompts take at least " + room +
                     "; the longest takes " + std::to_string(longest));
  }
  const std::size_t fitting = samples_.size();
  if (limit > 0 && static_cast<std::size_t>(limit) < fitting) {
    const auto wanted = static_cast<std::size_t>(limit);
    for (std::size_t i = 0; i < wanted; ++i) samples_[i] = samples_[i * fitting / wanted];
    samples_.resize(wanted);
  }
  const auto cut =
      static_cast<std::size_t>(std::count_if(samples_.begin(), samples_.end(), [&](std::size_t sample) {
        return layout_of(rules_, lengths(sample)).cut > 0;
      }));
  if (cut > 0) {
    notes_.push_back(of(cut, samples_.size()) + " lose the end of their completion: they are longer than " +
                     std::to_string(rules_.max_length) + " tokens");
  }
  if (repeat_) return;
  const std::size_t rest = samples_.size() % static_cast<std::size_t>(batch_);
  if (rest == samples_.size()) {
    throw Error(
        GM_ERROR_USER,
        "batch is " + std::to_string(batch_) + " when one pass has " + std::to_string(rest) + " samples",
        "batch");
  }
  if (rest > 0)
    notes_.push_back(of(rest, samples_.size()) + " do not fill a batch of " + std::to_string(batch_) +
                     ", and are left out");
}

void SampleOrder::start(const Start& start) {
  store::translated("corpus", [&] { tokens_.verify(); });
  order_.set_seed(start.seed());
  for (const std::string& note : notes_) log(GM_LOG_WARNING, note);
}

std::vector<SampleOrder::Chosen> SampleOrder::next() {
  std::vector<Chosen> chosen;
  for (std::int64_t i = 0; i < batch_; ++i) {
    MixedOrder::Choice choice;
    if (!order_.next(choice)) throw EndOfData();
    const std::size_t sample = samples_[choice.window];
    chosen.push_back({sample, layout_of(rules_, lengths(sample))});
  }
  return chosen;
}

SampleTokens::Ids SampleOrder::row(const Chosen& chosen) const {
  return row_of(rules_, chosen.layout, ids(chosen, Piece::before), ids(chosen, Piece::instruction),
                ids(chosen, Piece::after), ids(chosen, Piece::completion));
}

std::string SampleOrder::identity() const {
  formats::Sha256 sha;
  sha.update_field(tokens_.digest());
  sha.update_field(side_);
  for (const std::size_t sample : samples_) sha.update_field(std::to_string(sample));
  return sha.hex();
}

}  // namespace gistmill::dataset
