#include "host/run/example_keeper.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/diagnostic/failure.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/run/step/tensor_instance.hpp"

namespace gistmill {
namespace {

using Tokens = std::vector<std::int32_t>;

// A slot's tensor as rows of `dtype` in main memory; undefined where the recipe names no slot.
at::Tensor rows_of(const PipelineRun& run, const std::string& slot, at::ScalarType dtype, std::int64_t items,
                   std::int64_t dimensions = 2) {
  if (slot.empty()) return {};
  at::Tensor rows = run.tensor(slot);
  if (rows.defined() && rows.dim() == dimensions && rows.size(0) == items)
    return rows.cpu().to(dtype).contiguous();
  throw Failure(
      ExitCode::failed,
      fmt::format("{} has not one row for each of {} items: no examples can be made of it", slot, items));
}

// Of numbers that are there.
class Mean {
 public:
  void add(double value) {
    if (std::isnan(value)) return;
    sum_ += value;
    ++count_;
  }
  double value() const { return sum_ / count_; }  // NaN of none

 private:
  double sum_ = 0.0, count_ = 0.0;
};

// Text of tokens by the recipe's component.
class Decoder {
 public:
  Decoder(const PlannedInstance& planned, Registry& registry, std::uint64_t seed)
      : instance_(planned, component_for(planned, registry), plugin_host()) {
    instance_.start_on(at::kCPU, {}, seed);
    context_.seed = seed;
    context_.cancel = &never_;
  }

  std::string text(const Tokens& tokens) {
    if (tokens.empty()) return "";
    const OperationSpec& decode = *instance_.planned().spec->operation("decode");
    std::vector<SlotValue> out;
    instance_.forward(decode, context_, {SlotValue(at::tensor(tokens, at::kInt))}, out, nullptr, {});
    const at::Tensor bytes = out.at(0).tensor().contiguous();
    return {static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes()};
  }

  // What each token adds to those before it: a first word has no blank before it where others do.
  std::vector<std::string> pieces(const Tokens& before, const Tokens& tokens) {
    Tokens all = before;
    std::string known = text(all);
    std::vector<std::string> pieces;
    for (const std::int32_t token : tokens) {
      all.push_back(token);
      std::string whole = text(all);
      pieces.push_back(whole.starts_with(known) ? whole.substr(known.size()) : text({token}));
      known = std::move(whole);
    }
    return pieces;
  }

 private:
  TensorInstance instance_;
  StepContext context_;
  std::int32_t never_ = 0;
};

Example example_of(const ExampleKeeper::Item& item, const std::string& variant, bool best, Decoder& decoder) {
  Example example{variant, best,      item.key,      item.value, decoder.text(item.item),
                  {},      item.mean, item.mean_less};
  const std::vector<std::string> pieces = decoder.pieces(item.item, item.tokens);
  for (std::size_t i = 0; i < pieces.size(); ++i) example.tokens.push_back({pieces[i], item.values[i]});
  return example;
}

}  // namespace

void ExampleKeeper::keep_slots(PipelineRun& run) const {
  for (const std::string* slot :
       {&slots_.tokens, &slots_.values, &slots_.less, &slots_.mask, &slots_.item, &slots_.lengths}) {
    if (!slot->empty()) run.keep_slot(*slot);
  }
}

void ExampleKeeper::append(const PipelineRun& run, const EvaluationRows::Variant& variant) {
  const std::vector<double>& figures = variant.rows[figure_];
  const std::int64_t items = run.tensor(slots_.tokens).size(0);
  const at::Tensor tokens = rows_of(run, slots_.tokens, at::kInt, items);
  const at::Tensor values = rows_of(run, slots_.values, at::kDouble, items);
  const at::Tensor less = rows_of(run, slots_.less, at::kDouble, items);
  const at::Tensor shown = less.defined() ? values - less : values;
  const at::Tensor mask = rows_of(run, slots_.mask, at::kDouble, items);
  const at::Tensor own = rows_of(run, slots_.item, at::kInt, items);
  const at::Tensor lengths = rows_of(run, slots_.lengths, at::kLong, items, 1);
  if (std::ssize(figures) < items || values.size(1) != tokens.size(1)) {
    throw Failure(ExitCode::failed,
                  fmt::format("{} and {} are not of the same items", slots_.tokens, slots_.values));
  }
  const std::size_t first = figures.size() - static_cast<std::size_t>(items);
  for (std::int64_t i = 0; i < items; ++i) {
    Item item;
    item.value = figures[first + static_cast<std::size_t>(i)];
    if (!std::isfinite(item.value)) continue;
    if (variant.keys.size() == figures.size()) item.key = variant.keys[first + static_cast<std::size_t>(i)];
    Mean mean, mean_less;
    for (std::int64_t t = 0; t < tokens.size(1); ++t) {
      if (mask.defined() && mask[i][t].item<double>() == 0.0) continue;
      item.tokens.push_back(tokens[i][t].item<std::int32_t>());
      item.values.push_back(shown[i][t].item<double>());
      mean.add(values[i][t].item<double>());
      if (less.defined()) mean_less.add(less[i][t].item<double>());
    }
    item.mean = mean.value();
    item.mean_less = mean_less.value();
    const std::int64_t width = !own.defined()      ? 0
                               : lengths.defined() ? lengths[i].item<std::int64_t>()
                                                   : own.size(1);
    for (std::int64_t t = 0; t < std::min(width, own.defined() ? own.size(1) : 0); ++t)
      item.item.push_back(own[i][t].item<std::int32_t>());
    offer(worst_, false, item);
    offer(best_, true, item);
  }
}

void ExampleKeeper::offer(std::vector<Item>& kept, bool best, const Item& item) const {
  const auto before = [&](const Item& a, const Item& b) {
    return best ? is_better(better_, a.value, b.value) : is_better(better_, b.value, a.value);
  };
  kept.insert(std::upper_bound(kept.begin(), kept.end(), item, before), item);
  if (std::ssize(kept) > slots_.count) kept.pop_back();
}

std::vector<Example> decoded(const ExampleKeeper& kept, const std::string& name,
                             const PlannedInstance& decoder, std::uint64_t seed, Registry& registry) {
  Decoder text(decoder, registry, seed);
  std::vector<Example> examples;
  for (const ExampleKeeper::Item& item : kept.worst())
    examples.push_back(example_of(item, name, false, text));
  for (const ExampleKeeper::Item& item : kept.best()) examples.push_back(example_of(item, name, true, text));
  return examples;
}

}  // namespace gistmill
