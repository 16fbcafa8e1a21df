#include "plugins/dataset/examples/examples.hpp"

#include <algorithm>
#include <utility>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/error.hpp>
#include "plugins/store/common/translated.hpp"

namespace gistmill::dataset {
namespace {

// How many examples an epoch has. Throws where the split has too few.
std::size_t examples_of(const examples::ExampleFileReader& file, std::size_t split, const Options& options) {
  const std::uint64_t count = file.examples(split);
  const std::string side = examples::kSplitNames[split];
  if (count == 0) throw Error(GM_ERROR_USER, "the prepared file has no " + side + " examples", "split");
  if (!options.boolean("repeat") && count < static_cast<std::uint64_t>(options.integer("spans"))) {
    throw Error(GM_ERROR_USER,
                "spans is " + std::to_string(options.integer("spans")) + " when one pass has " +
                    std::to_string(count) + " " + side + " examples",
                "spans");
  }
  return static_cast<std::size_t>(count);
}

}  // namespace

Examples::Examples(const Options& options)
    : file_(
          store::translated("corpus", [&] { return examples::ExampleFileReader(options.string("corpus")); })),
      split_(options.string("split") == "validation" ? 1 : 0),
      spans_(options.integer("spans")),
      order_({examples_of(file_, split_, options)}, {1.0},
             {options.string("order") == "shuffle", options.boolean("repeat"), 1}) {}

void Examples::start(const Start& start) {
  store::translated("corpus", [&] { file_.verify(); });
  order_.set_seed(start.seed());
}

std::int64_t Examples::symbol(std::string_view name) const {
  const examples::Shape& shape = file_.shape();
  if (name == "S") return shape.block;
  if (name == "T") return spans_ * shape.horizon;
  if (name == "H") return shape.horizon - shape.block;
  if (name == "N") return 1;
  return name == "D" ? shape.hidden : -1;
}

// u8[K, M]
Tensor Examples::names_of(const std::int32_t* documents) const {
  std::size_t longest = 0;
  for (std::int64_t k = 0; k < spans_; ++k)
    longest = std::max(longest, file_.documents()[static_cast<std::size_t>(documents[k])].size());
  Tensor names = Tensor::zeros<std::uint8_t>({spans_, static_cast<std::int64_t>(longest)});
  for (std::int64_t k = 0; k < spans_; ++k) {
    const std::string& name = file_.documents()[static_cast<std::size_t>(documents[k])];
    std::copy(name.begin(), name.end(),
              names.mutable_data<std::uint8_t>() + k * static_cast<std::int64_t>(longest));
  }
  return names;
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Examples::next() {
  const auto [block, horizon, hidden] = file_.shape();
  const std::int64_t behind = horizon - block;
  Tensor tokens = Tensor::zeros<std::int32_t>({spans_ * horizon});
  Tensor starts = Tensor::zeros<std::int32_t>({spans_});
  Tensor targets = Tensor::zeros<std::int32_t>({spans_, behind});
  Tensor mask = Tensor::zeros<float>({spans_, behind});
  Tensor states = Tensor::zeros<float>({spans_, block, 1, hidden});
  Tensor documents = Tensor::zeros<std::int32_t>({spans_});
  Tensor begins = Tensor::zeros<std::int32_t>({spans_});
  std::fill_n(mask.mutable_data<float>(), spans_ * behind, 1.0f);
  for (std::int64_t k = 0; k < spans_; ++k) {
    MixedOrder::Choice choice;
    if (!order_.next(choice)) throw EndOfData();
    std::int32_t* window = tokens.mutable_data<std::int32_t>() + k * horizon;
    store::translated("corpus", [&] { file_.read_window(split_, choice.window, window); });
    file_.read_hidden(split_, choice.window, states.mutable_data<float>() + k * block * hidden);
    std::copy_n(window + block, behind, targets.mutable_data<std::int32_t>() + k * behind);
    starts.mutable_data<std::int32_t>()[k] = static_cast<std::int32_t>(k * horizon);
    documents.mutable_data<std::int32_t>()[k] = file_.document(split_, choice.window);
    begins.mutable_data<std::int32_t>()[k] = file_.begin(split_, choice.window);
  }
  Tensor names = names_of(documents.data<std::int32_t>());
  return {std::move(tokens), std::move(starts),    std::move(targets), std::move(mask),
          std::move(states), std::move(documents), std::move(begins),  std::move(names)};
}

std::string Examples::identity() const {
  formats::Sha256 sha;
  sha.update_field(file_.digest());
  sha.update_field(examples::kSplitNames[split_]);
  return sha.hex();
}

}  // namespace gistmill::dataset
