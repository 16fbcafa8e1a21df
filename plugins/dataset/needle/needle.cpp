#include "plugins/dataset/needle/needle.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/random.hpp>
#include "plugins/store/common/translated.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::string_view kStateHead = "dataset/needle 1 ";

}  // namespace

Needle::Needle(const Options& options)
    : batch_(options.integer("batch")),
      samples_(options.integer("samples")),
      needles_(options.integer("needles")),
      begin_(static_cast<std::int32_t>(options.integer("begin"))),
      cells_(needle_cells(options.strings("cells"))),
      corpus_(store::translated("corpus", [&] { return PackedCorpus::of_index(options.string("corpus")); })),
      split_(options.string("split") == "validation" ? 1 : 0),
      rows_(corpus_.rows(split_)),
      phrases_(store::translated("phrases", [&] { return PhraseTokens(options.string("phrases")); })) {
  for (const NeedleCell& cell : cells_) longest_ = std::max(longest_, cell.length);
  if (rows_.empty()) {
    throw Error(GM_ERROR_USER,
                "'" + corpus_.folder().string() + "' has no " + options.string("split") + " sequence",
                "split");
  }
  const auto prompts = samples_ * static_cast<std::int64_t>(cells_.size());
  if (prompts % batch_ != 0) {
    throw Error(GM_ERROR_USER,
                "batch is " + std::to_string(batch_) + " when it should divide the prompts, " +
                    std::to_string(cells_.size()) + " cells of " + std::to_string(samples_) + " samples",
                "batch");
  }
}

void Needle::start(const Start& start) {
  store::translated("corpus", [&] { corpus_.verify(); });
  seed_ = start.seed();
}

std::string Needle::digest() const {
  formats::Sha256 sha;
  sha.update_field(corpus_.digest());
  sha.update_field(phrases_.digest());
  return sha.hex();
}

// Rows one after the other from one that the key chooses; padding is left out.
std::vector<std::int32_t> Needle::text(std::uint64_t key, std::int64_t count) const {
  std::vector<std::int32_t> text;
  const auto width = static_cast<std::size_t>(corpus_.length());
  std::vector<std::int32_t> ids(width);
  std::vector<std::int32_t> boundaries(width);
  std::vector<float> counts(width);
  for (std::size_t row = KeyedRandom(key).below(rows_.size()); static_cast<std::int64_t>(text.size()) < count;
       row = (row + 1) % rows_.size()) {
    corpus_.read(split_, rows_[row], ids.data(), counts.data(), boundaries.data());
    const auto end = std::find(counts.begin(), counts.end(), 0.0f);
    text.insert(text.end(), ids.begin(), ids.begin() + (end - counts.begin()));
  }
  text.resize(static_cast<std::size_t>(count));
  return text;
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Needle::next() {
  const auto cells = static_cast<std::int64_t>(cells_.size());
  if (next_ == samples_ * cells) throw EndOfData();
  Tensor ids = Tensor::zeros<std::int32_t>({batch_, longest_});
  std::vector<std::int32_t> begins, ends, lengths, samples;
  std::vector<float> depths;
  for (std::int64_t row = 0; row < batch_; ++row, ++next_) {
    const NeedleCell& cell = cells_[static_cast<std::size_t>(next_ % cells)];
    const std::int64_t sample = next_ / cells;
    const std::uint64_t key = combined_key(seed_, static_cast<std::uint64_t>(sample));
    const NeedlePrompt prompt =
        make_prompt({cell.length, cell.depth, needles_, key, begin_}, phrases_,
                    [this](std::uint64_t chosen, std::int64_t count) { return text(chosen, count); });
    std::copy(prompt.ids.begin(), prompt.ids.end(), ids.mutable_data<std::int32_t>() + row * longest_);
    begins.push_back(static_cast<std::int32_t>(prompt.answer));
    ends.push_back(static_cast<std::int32_t>(prompt.ids.size()));
    lengths.push_back(static_cast<std::int32_t>(cell.length));
    depths.push_back(static_cast<float>(cell.depth));
    samples.push_back(static_cast<std::int32_t>(sample));
  }
  return {std::move(ids),
          Tensor::of(begins, {batch_}),
          Tensor::of(ends, {batch_}),
          Tensor::of(lengths, {batch_}),
          Tensor::of(depths, {batch_}),
          Tensor::of(samples, {batch_})};
}

std::string Needle::save_state() const {
  return std::string(kStateHead) + std::to_string(seed_) + " " + std::to_string(next_);
}

void Needle::load_state(std::string_view state) {
  const char* const end = state.data() + state.size();
  std::uint64_t seed = 0;
  std::int64_t next = 0;
  const bool ours = state.starts_with(kStateHead);
  const auto first = std::from_chars(ours ? state.data() + kStateHead.size() : end, end, seed);
  const bool space = first.ec == std::errc() && first.ptr != end && *first.ptr == ' ';
  const auto second = std::from_chars(space ? first.ptr + 1 : end, end, next);
  const bool sound = second.ec == std::errc() && second.ptr == end && next >= 0 && next % batch_ == 0 &&
                     next <= samples_ * static_cast<std::int64_t>(cells_.size());
  if (!sound) throw Error(GM_ERROR_USER, "the saved position was not written by this dataset/needle");
  seed_ = seed;
  next_ = next;
}

}  // namespace gistmill::dataset
