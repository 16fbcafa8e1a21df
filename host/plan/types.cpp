#include "host/plan/types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace gistmill {
namespace {

bool is_float(std::string_view dtype) {
  return dtype == "f32" || dtype == "bf16" || dtype == "f16" || dtype == "float";
}

bool dtypes_fit(std::string_view written, std::string_view read) {
  if (written == "float" || read == "float") return is_float(written) && is_float(read);
  return written == read;
}

}  // namespace

std::string dtype_name(gm_dtype dtype) {
  if (dtype.code == GM_BFLOAT) return "bf16";
  if (dtype.code == GM_BOOL) return "bool";
  const char* letter = dtype.code == GM_FLOAT ? "f" : dtype.code == GM_UINT ? "u" : "i";
  return fmt::format("{}{}", letter, dtype.bits);
}

std::string type_text(const PortType& type) {
  if (type.is_object) return "object<" + type.object + ">";
  std::vector<std::string> dimensions;
  for (const Dimension& dimension : type.shape) {
    dimensions.push_back(dimension.symbol.empty() ? std::to_string(dimension.fixed) : dimension.symbol);
  }
  return fmt::format("{}[{}]", type.dtype, fmt::join(dimensions, ", "));
}

bool types_fit(const PortType& written, const PortType& read) {
  if (written.is_object != read.is_object) return false;
  if (written.is_object) return written.object == read.object;
  if (!dtypes_fit(written.dtype, read.dtype)) return false;
  return std::equal(written.shape.begin(), written.shape.end(), read.shape.begin(), read.shape.end(),
                    [](const Dimension& a, const Dimension& b) {
                      return !a.symbol.empty() || !b.symbol.empty() || a.fixed == b.fixed;
                    });
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
