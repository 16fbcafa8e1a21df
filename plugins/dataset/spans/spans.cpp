// Options in, tensors out; the arithmetic is in placement.cpp, the order in mixture.cpp.
#include "plugins/dataset/spans/spans.hpp"

#include <algorithm>
#include <cstring>

#include <gistmill/random.hpp>

namespace gistmill::dataset {
namespace {

SpanShape span_shape(const Options& options) {
  return {options.integer("document"),    options.integer("span"),  options.integer("horizon"),
          options.integer("spans"),       options.integer("first"), options.integer("stride"),
          options.boolean("full_horizon")};
}

Tensor bytes_of(std::string_view text) {
  Tensor bytes = Tensor::zeros<std::uint8_t>({static_cast<std::int64_t>(text.size())});
  if (!text.empty()) std::memcpy(bytes.mutable_data<std::uint8_t>(), text.data(), text.size());
  return bytes;
}

}  // namespace

Spans::Spans(const Options& options)
    : shape_(span_shape(options)),
      begin_(static_cast<std::int32_t>(options.integer("begin"))),
      placement_(options.string("placement") == "even"    ? Placement::even
                 : options.string("placement") == "fixed" ? Placement::fixed
                                                          : Placement::random),
      starts_(possible_starts(shape_)),
      source_(
          options,
          {.length = "document", .limit = options.integer("limit"), .passes = options.integer("passes")}) {}

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

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Spans::next(
    const Call& call) {
  WindowSource::Item item;
  if (!source_.next(item)) throw EndOfData();
  const std::vector<std::int32_t> starts = place_spans(item.window, call.random_key());

  Tensor tokens = Tensor::zeros<std::int32_t>({shape_.document});
  Tensor targets = Tensor::zeros<std::int32_t>({shape_.spans, shape_.horizon});
  Tensor mask = Tensor::zeros<float>({shape_.spans, shape_.horizon});
  Tensor spans = Tensor::zeros<std::int32_t>({shape_.spans, shape_.span});
  auto* ids = tokens.mutable_data<std::int32_t>();
  source_.read(item, ids);
  if (begin_ >= 0) ids[0] = begin_;  // before every span: these start at 1 or later
  auto* target = targets.mutable_data<std::int32_t>();
  auto* exists = mask.mutable_data<float>();
  auto* span = spans.mutable_data<std::int32_t>();
  for (const std::int32_t start : starts) {
    const std::int64_t begin = start + shape_.span;
    const std::int64_t count = std::min(shape_.horizon, shape_.document - begin);
    span = std::copy_n(ids + start, shape_.span, span);
    std::copy_n(ids + begin, count, target);
    std::fill_n(exists, count, 1.0f);
    target += shape_.horizon;
    exists += shape_.horizon;
  }
  return {std::move(tokens),
          Tensor::of(starts, {shape_.spans}),
          std::move(targets),
          std::move(mask),
          Tensor::of<std::int32_t>({source_.document(item)}, {}),
          Tensor::of<std::int32_t>({static_cast<std::int32_t>(item.corpus)}, {}),
          std::move(spans),
          Tensor::of<std::int32_t>({static_cast<std::int32_t>(item.window.begin)}, {}),
          bytes_of(source_.name(item))};
}

}  // namespace gistmill::dataset
