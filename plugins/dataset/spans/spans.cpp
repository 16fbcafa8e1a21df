// Options in, tensors out; the arithmetic is in placement.cpp, the order in windows.cpp.
#include "plugins/dataset/spans/spans.hpp"

#include <algorithm>
#include <cstring>

#include <gistmill/formats/digest.hpp>
#include <gistmill/random.hpp>

#include "plugins/dataset/spans/corpus_file.hpp"

namespace gistmill::dataset {
namespace {

SpanShape span_shape(const Options& options) {
  return {options.integer("document"),    options.integer("span"),  options.integer("horizon"),
          options.integer("spans"),       options.integer("first"), options.integer("stride"),
          options.boolean("full_horizon")};
}

}  // namespace

Spans::Spans(const Options& options)
    : shape_(span_shape(options)),
      placement_(options.string("placement") == "even"    ? Placement::even
                 : options.string("placement") == "fixed" ? Placement::fixed
                                                          : Placement::random),
      starts_(possible_starts(shape_)),
      file_(open_corpus(options.string("corpus"))),
      split_(split_of(options)),
      windows_(
          limit_windows(find_windows(file_, split_, shape_.document, options.string("window") == "first"),
                        static_cast<std::size_t>(options.integer("limit")))),
      order_(windows_.size(), options.string("order") == "shuffle", options.boolean("repeat"),
             static_cast<std::size_t>(options.integer("passes"))),
      passes_(options.integer("passes")) {}

void Spans::start(const Start& start) {
  verify_corpus(file_);
  order_.set_seed(start.seed());
}

std::vector<std::int32_t> Spans::place_spans(const Window& window, std::uint64_t key) const {
  switch (placement_) {
    case Placement::even:
      return even_starts(starts_, shape_.spans);
    case Placement::fixed:
      return random_starts(starts_, shape_.spans, combined_key(window.document, window.begin));
    case Placement::random:
      break;
  }
  return random_starts(starts_, shape_.spans, key);
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> Spans::next(const Call& call) {
  std::size_t number = 0;
  if (!order_.next(number)) throw EndOfData();
  const Window& window = windows_[number];
  const std::vector<std::int32_t> starts = place_spans(window, call.random_key());

  Tensor tokens = Tensor::zeros<std::int32_t>({shape_.document});
  Tensor targets = Tensor::zeros<std::int32_t>({shape_.spans, shape_.horizon});
  Tensor mask = Tensor::zeros<float>({shape_.spans, shape_.horizon});
  auto* ids = tokens.mutable_data<std::int32_t>();
  read_window(file_, window, shape_.document, ids);
  auto* target = targets.mutable_data<std::int32_t>();
  auto* exists = mask.mutable_data<float>();
  for (const std::int32_t start : starts) {
    const std::int64_t begin = start + shape_.span;
    const std::int64_t count = std::min(shape_.horizon, shape_.document - begin);
    std::copy_n(ids + begin, count, target);
    std::fill_n(exists, count, 1.0f);
    target += shape_.horizon;
    exists += shape_.horizon;
  }
  return {std::move(tokens), Tensor::of(starts, {shape_.spans}), std::move(targets), std::move(mask),
          Tensor::of<std::int32_t>({static_cast<std::int32_t>(window.document)}, {})};
}

std::string Spans::identity() const {
  formats::Sha256 sha;
  sha.update_field(file_.digest());
  sha.update_field(std::to_string(shape_.document));
  sha.update_field(std::to_string(split_));
  sha.update_field(std::to_string(passes_));
  return sha.hex();
}

std::string Spans::save_state() const { return order_.save(identity()); }

void Spans::load_state(std::string_view state) { order_.load(state, identity()); }

}  // namespace gistmill::dataset
