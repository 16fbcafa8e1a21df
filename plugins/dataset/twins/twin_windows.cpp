#include "plugins/dataset/twins/twin_windows.hpp"

#include <algorithm>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include "plugins/store/common/translated.hpp"

namespace gistmill::dataset {
namespace {

PairShape pair_shape(const Options& options) {
  return {options.integer("document"), options.integer("span"), options.integer("horizon"),
          options.integer("spans"), options.integer("first")};
}

formats::TokenFileReader only_file(const std::vector<WeightedFile>& files) {
  if (files.size() != 1) {
    throw Error(GM_ERROR_USER,
                "twins come from one corpus when " + std::to_string(files.size()) + " are named", "corpus");
  }
  return store::translated("corpus", [&] { return formats::TokenFileReader(files.front().path); });
}

std::int32_t split_of(const Options& options) {
  return options.string("split") == "validation" ? formats::kValidationSplit : formats::kTrainSplit;
}

}  // namespace

TwinWindows::TwinWindows(const Options& options)
    : shape_(pair_shape(options)),
      file_(only_file(options.mixture("corpus"))),
      pairs_(store::translated("corpus", [&] { return find_pairs(file_, split_of(options), shape_); })),
      order_({2 * pairs_.size()}, {1.0}, {true, options.boolean("repeat"), 1}) {}

void TwinWindows::start(const Start& start) {
  store::translated("corpus", [&] { file_.verify(); });
  order_.set_seed(start.seed());
}

Tensor TwinWindows::window(const Pair& pair, std::size_t which) const {
  Tensor ids = Tensor::zeros<std::int32_t>({shape_.document});
  store::translated("corpus", [&] {
    file_.read(pair.document + which, static_cast<std::uint64_t>(pair.place.begin),
               static_cast<std::size_t>(shape_.document), ids.mutable_data<std::int32_t>());
  });
  return ids;
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> TwinWindows::next() {
  MixedOrder::Choice choice;
  if (!order_.next(choice)) throw EndOfData();
  const Pair& pair = pairs_[choice.window / 2];
  const std::size_t own = choice.window % 2;
  Tensor tokens = window(pair, own);
  Tensor twin = window(pair, 1 - own);

  Tensor targets = Tensor::zeros<std::int32_t>({shape_.spans, shape_.horizon});
  Tensor mask = Tensor::zeros<float>({shape_.spans, shape_.horizon});
  Tensor recall = Tensor::zeros<float>({shape_.spans, shape_.horizon});
  Tensor spans = Tensor::zeros<std::int32_t>({shape_.spans, shape_.span});
  const auto* ids = tokens.data<std::int32_t>();
  for (std::int64_t k = 0; k < shape_.spans; ++k) {
    const std::int64_t start = pair.place.starts[static_cast<std::size_t>(k)];
    const std::int64_t begin = start + shape_.span;
    const std::int64_t count = std::min(shape_.horizon, shape_.document - begin);
    const std::int64_t row = k * shape_.horizon;
    std::copy_n(ids + start, shape_.span, spans.mutable_data<std::int32_t>() + k * shape_.span);
    std::copy_n(ids + begin, count, targets.mutable_data<std::int32_t>() + row);
    std::fill_n(mask.mutable_data<float>() + row, count, 1.0f);
    std::fill_n(recall.mutable_data<float>() + row + pair.recall[own].begin - begin, pair.recall[own].size,
                1.0f);
  }
  return {std::move(tokens),
          std::move(twin),
          Tensor::of(pair.place.starts, {shape_.spans}),
          std::move(targets),
          std::move(mask),
          std::move(recall),
          Tensor::of<std::int32_t>({static_cast<std::int32_t>(pair.document)}, {}),
          std::move(spans)};
}

std::string TwinWindows::identity() const {
  formats::Sha256 sha;
  sha.update_field(file_.digest());
  for (const std::int64_t size : {shape_.document, shape_.span, shape_.horizon, shape_.spans, shape_.first})
    sha.update_field(std::to_string(size));
  return sha.hex();
}

}  // namespace gistmill::dataset
