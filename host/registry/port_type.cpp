// The grammar of port types: <element>[<dimension>, ...] or object<name/revision>.
#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gistmill/dtype.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {
namespace {

constexpr const char* kForm = "write it as f32[K, D], f32[] or object<decoder.context/1>";

constexpr std::string_view kAnyFloat = "float";

bool fits_float(std::string_view name) {
  const Dtype* dtype = find_dtype(name);
  return name == kAnyFloat || (dtype != nullptr && dtype->fits_float);
}

std::vector<std::string> element_types() {
  std::vector<std::string> names;
  for (const Dtype& dtype : kDtypes) names.emplace_back(dtype.name);
  names.emplace_back(kAnyFloat);
  return names;
}

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(' ') - start + 1);
}

[[noreturn]] void refuse(std::string_view text, const std::string& reason,
                         std::vector<std::string> notes = {}) {
  if (notes.empty()) notes.emplace_back(kForm);
  throw Failure(ExitCode::plugin, fmt::format("'{}' is not a port type: {}", text, reason), std::move(notes));
}

// "decoder.context/1"
bool is_object_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size()) return false;
  const std::string_view revision = name.substr(slash + 1);
  return std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(slash),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-'; }) &&
         std::all_of(revision.begin(), revision.end(), is_digit);
}

Dimension parse_dimension(std::string_view dimension, std::string_view text) {
  Dimension parsed;
  if (!dimension.empty() && is_digit(dimension.front())) {
    const auto answer = std::from_chars(dimension.begin(), dimension.end(), parsed.fixed);
    if (answer.ec == std::errc() && answer.ptr == dimension.end() && parsed.fixed > 0) return parsed;
  } else if (!dimension.empty() && std::all_of(dimension.begin(), dimension.end(),
                                               [](char c) { return is_letter(c) || is_digit(c); })) {
    parsed.symbol = dimension;
    return parsed;
  }
  refuse(text, fmt::format("'{}' is neither a symbol nor a size of 1 or more", dimension));
}

}  // namespace

bool is_float(const PortType& type) {
  const Dtype* dtype = find_dtype(type.dtype);
  return !type.is_object && (type.dtype == kAnyFloat || (dtype != nullptr && dtype->is_float));
}

bool dtypes_fit(std::string_view written, std::string_view read) {
  if (written == kAnyFloat || read == kAnyFloat) return fits_float(written) && fits_float(read);
  return written == read;
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

PortType parse_port_type(std::string_view text) {
  PortType type;
  type.text = text;
  constexpr std::string_view kObject = "object<";
  if (text.substr(0, kObject.size()) == kObject) {
    if (text.back() != '>') refuse(text, "it lacks the closing '>'");
    type.is_object = true;
    type.object = text.substr(kObject.size(), text.size() - kObject.size() - 1);
    if (!is_object_name(type.object)) refuse(text, fmt::format("'{}' is not name/revision", type.object));
    return type;
  }
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos || text.back() != ']') refuse(text, "it lacks '[' and ']'");
  type.dtype = text.substr(0, open);
  if (type.dtype != kAnyFloat && find_dtype(type.dtype) == nullptr) {
    refuse(text, fmt::format("unknown element type '{}'", type.dtype),
           {suggestion(type.dtype, "a port", element_types())});
  }
  std::string_view dimensions = text.substr(open + 1, text.size() - open - 2);
  if (trimmed(dimensions).empty()) return type;
  for (;;) {
    const std::size_t comma = dimensions.find(',');
    type.shape.push_back(parse_dimension(trimmed(dimensions.substr(0, comma)), text));
    if (comma == std::string_view::npos) return type;
    dimensions.remove_prefix(comma + 1);
  }
}

}  // namespace gistmill
