// See cases.hpp.
#include "host/certify/cases.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <gistmill/dtype.hpp>
#include <gistmill/random.hpp>

#include "host/certify/arrays.hpp"
#include "host/check/violation.hpp"
#include "host/plan/types.hpp"

namespace gistmill {

namespace {

enum class Floats { normal, unit, ones };
enum class Integers { few, zeros, ascending, ones };
enum class Bytes { letters, flags };

struct Style {
  Floats floats;
  Integers integers;
  Bytes bytes;
};

// From what most operations take to what picky ones do.
constexpr std::array<Style, 6> kStyles = {{{Floats::normal, Integers::few, Bytes::letters},
                                           {Floats::unit, Integers::few, Bytes::flags},
                                           {Floats::normal, Integers::zeros, Bytes::flags},
                                           {Floats::unit, Integers::ascending, Bytes::letters},
                                           {Floats::normal, Integers::ones, Bytes::letters},
                                           {Floats::ones, Integers::zeros, Bytes::flags}}};
constexpr int kRounds = 3;  // of sizes
constexpr std::array<std::int64_t, 4> kWidths = {16, 8, 32, 64};

double normal(KeyedRandom& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
  return radius * std::cos(2 * std::numbers::pi * random.unit());
}

// least: of all sizes of the call; an index below it is one into any of its dimensions.
Tensor drawn_array(const gm_dtype dtype, std::vector<std::int64_t> shape, const Style& style,
                   std::int64_t least, KeyedRandom& random) {
  Tensor array = Tensor::zeros(dtype, std::move(shape));
  const bool floats = is_floating(array);
  const bool bytes = dtype.bits == 8;
  for (std::int64_t i = 0; i < array.size(); ++i) {
    double value = 0;
    if (floats) {
      value = style.floats == Floats::normal ? normal(random)
              : style.floats == Floats::unit ? 0.05 + 0.9 * random.unit()
                                             : 1.0;
    } else if (bytes) {
      value = dtype.code == GM_BOOL || style.bytes == Bytes::flags
                  ? static_cast<double>(random.below(4) != 0)
                  : static_cast<double>('a' + random.below(26));
    } else if (style.integers == Integers::few) {
      value = static_cast<double>(random.below(static_cast<std::uint64_t>(std::max<std::int64_t>(1, least))));
    } else if (style.integers == Integers::ascending) {
      value = static_cast<double>(i);
    } else {
      value = style.integers == Integers::ones ? 1 : 0;
    }
    set_element(array, i, value);
  }
  return array;
}

std::vector<std::int64_t> shape_of(const PortType& type, const Sizes& sizes) {
  std::vector<std::int64_t> shape;
  for (const Dimension& dimension : type.shape)
    shape.push_back(dimension.symbol.empty() ? dimension.fixed : sizes.at(dimension.symbol));
  return shape;
}

// Those of the call's own letters too.
Sizes call_sizes(const OperationSpec& operation, const Sizes& declared, KeyedRandom& random) {
  Sizes sizes = declared;
  for (const PortSpec& port : operation.inputs) {
    for (const Dimension& dimension : port.type.shape) {
      if (dimension.symbol.empty() || sizes.contains(dimension.symbol)) continue;
      sizes[dimension.symbol] = 2 + static_cast<std::int64_t>(random.below(4));
    }
  }
  for (const SizeLimit& limit : operation.most) {
    if (sizes.contains(limit.symbol) && sizes.contains(limit.most) && !declared.contains(limit.symbol))
      sizes[limit.symbol] = std::min(sizes[limit.symbol], sizes[limit.most]);
  }
  return sizes;
}

// Empty where a required port takes an object.
std::optional<std::vector<Tensor>> drawn_inputs(const OperationSpec& operation, const Sizes& sizes,
                                                const Style& style, bool with_optional, KeyedRandom& random) {
  std::int64_t least = 8;
  for (const PortSpec& port : operation.inputs) {
    if (port.type.is_object) continue;
    for (const std::int64_t extent : shape_of(port.type, sizes)) least = std::min(least, extent);
  }
  std::vector<Tensor> inputs;
  for (const PortSpec& port : operation.inputs) {
    if (port.type.is_object && !port.optional) return std::nullopt;
    if (port.type.is_object || (port.optional && !with_optional)) {
      inputs.emplace_back();
      continue;
    }
    const std::string_view name = port.type.dtype == "float" ? "f32" : std::string_view(port.type.dtype);
    inputs.push_back(drawn_array(find_dtype(name)->code, shape_of(port.type, sizes), style, least, random));
  }
  return inputs;
}

bool outputs_finite(const OperationSpec& operation, const Outcome& outcome) {
  for (std::size_t i = 0; i < outcome.outputs.size(); ++i) {
    if (operation.outputs[i].figure) continue;  // an item may have no value
    if (first_not_finite(outcome.outputs[i])) return false;
  }
  return true;
}

}  // namespace

std::string Case::shapes() const {
  std::vector<std::string> texts;
  for (const Tensor& input : inputs) {
    texts.push_back(input ? fmt::format("{}[{}]", dtype_name(input.dtype()), fmt::join(input.shape(), ", "))
                          : "nothing");
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

Sizes open_sizes(const ComponentSpec& spec, std::uint64_t seed, int round) {
  Sizes sizes;
  std::size_t next = static_cast<std::size_t>(round) + seed % 2;
  for (const SymbolSpec& symbol : spec.symbols) sizes[symbol.name] = kWidths[next++ % kWidths.size()];
  return sizes;
}

std::unique_ptr<Specimen> some_specimen(Subject& subject, Findings& findings, Calls calls) {
  const std::vector<PlannedOption> options = subject.options();
  for (int round = 0;; ++round) {
    try {
      return std::make_unique<Specimen>(subject, findings, options,
                                        open_sizes(subject.spec(), subject.seed(), round), calls);
    } catch (const Refusal& refusal) {
      if (refusal.call == "create" || round + 1 == kRounds) throw;
    }
  }
}

CaseSearch find_case(Subject& subject, Findings& findings, std::uint32_t operation, std::uint64_t seed,
                     bool trains) {
  const OperationSpec& spec = subject.spec().operations[operation];
  const std::vector<PlannedOption> options = subject.options();
  CaseSearch search;
  std::optional<Case> not_finite;
  const bool has_optional =
      std::any_of(spec.inputs.begin(), spec.inputs.end(), [](const PortSpec& port) { return port.optional; });
  const int tries = kRounds * static_cast<int>(kStyles.size()) * (has_optional ? 2 : 1);
  for (int one = 0; one < tries; ++one) {
    KeyedRandom random(combined_key(seed, static_cast<std::uint64_t>(one)));
    const Style& style = kStyles[static_cast<std::size_t>(one) % kStyles.size()];
    const int round = one / static_cast<int>(kStyles.size());
    const bool with_optional = (seed + static_cast<std::uint64_t>(round / kRounds)) % 2 == 0;
    ++search.tries;
    try {
      Specimen specimen(subject, findings, options, open_sizes(subject.spec(), seed, round % kRounds));
      Case drawn;
      drawn.operation = operation;
      drawn.symbols = open_sizes(subject.spec(), seed, round % kRounds);
      const Sizes sizes = call_sizes(spec, specimen.sizes(), random);
      auto inputs = drawn_inputs(spec, sizes, style, with_optional, random);
      if (!inputs) {
        search.reason = "it needs an object that only another component makes";
        return search;
      }
      drawn.inputs = std::move(*inputs);
      const std::vector<std::uint8_t> need = all_needed(spec, drawn);
      const Outcome outcome = specimen.forward(operation, drawn.inputs, {}, trains ? &need : nullptr);
      if (!outcome.ok()) {
        search.refused = outcome;
        search.defects += outcome.status == GM_ERROR_INTERNAL ? 1 : 0;
        continue;
      }
      drawn.is_end = outcome.status == GM_END;
      drawn.finite = outputs_finite(spec, outcome);
      if (drawn.finite) return search.found = std::move(drawn), search;
      if (!not_finite) not_finite = std::move(drawn);
    } catch (const Refusal& refusal) {
      search.refused = refusal.answer;
    }
  }
  search.found = std::move(not_finite);
  return search;
}

std::vector<std::uint8_t> all_needed(const OperationSpec& operation, const Case& drawn) {
  std::vector<std::uint8_t> need;
  for (std::size_t i = 0; i < operation.inputs.size(); ++i)
    need.push_back(operation.inputs[i].gradient && drawn.inputs[i] ? 1 : 0);
  return need;
}

bool carries_gradient(const ComponentSpec& spec, const OperationSpec& operation) {
  const bool out = std::any_of(operation.outputs.begin(), operation.outputs.end(),
                               [](const PortSpec& port) { return port.gradient; });
  const bool in = std::any_of(operation.inputs.begin(), operation.inputs.end(),
                              [](const PortSpec& port) { return port.gradient; });
  return out && (in || spec.parameters);
}

std::string about(const ComponentSpec& spec, std::uint32_t operation) {
  return spec.operations[operation].name + ": ";
}

}  // namespace gistmill
