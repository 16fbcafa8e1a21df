#include "host/plan/types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gistmill/dtype.hpp>

namespace gistmill {

std::string dtype_name(gm_dtype dtype) {
  if (const Dtype* known = find_dtype(dtype)) return std::string(known->name);
  return fmt::format("<type {} of {} bits>", dtype.code, dtype.bits);
}

std::string check_shape(const PortType& type, const std::vector<std::int64_t>& shape, std::string_view dtype,
                        std::map<std::string, std::int64_t>& symbols) {
  using Place = std::map<std::string, std::int64_t>::iterator;
  std::vector<Place> bound;           // by this value: taken back where it does not fit
  std::vector<std::string> expected;  // "D = 576", the symbols that disagree
  bool fits = !type.is_object && dtypes_fit(dtype, type.dtype) && shape.size() == type.shape.size();
  for (std::size_t i = 0; i < shape.size() && shape.size() == type.shape.size(); ++i) {
    const Dimension& dimension = type.shape[i];
    if (dimension.symbol.empty()) {
      fits = fits && dimension.fixed == shape[i];
      continue;
    }
    const auto [known, fresh] = symbols.try_emplace(dimension.symbol, shape[i]);
    if (fresh) bound.push_back(known);
    if (known->second == shape[i]) continue;
    fits = false;
    expected.push_back(fmt::format("{} = {}", dimension.symbol, known->second));
  }
  if (fits) return "";
  for (const Place place : bound) symbols.erase(place);
  std::string text =
      fmt::format("{}[{}] when it should be {}", dtype, fmt::join(shape, ", "), type_text(type));
  if (!expected.empty()) text += fmt::format(" with {}", fmt::join(expected, ", "));
  return text;
}

}  // namespace gistmill
