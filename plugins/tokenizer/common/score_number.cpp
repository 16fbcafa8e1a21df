// Reference: serde_json 1.0, de.rs: parse_integer, parse_decimal, parse_exponent, f64_from_parts, without the
// feature float_roundtrip.
#include "plugins/tokenizer/common/score_number.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace gistmill::tokenizer {
namespace {

constexpr int kMostPower = 308;

double power_of_ten(int exponent) {
  static const std::array<double, kMostPower + 1> kPowers = [] {
    std::array<double, kMostPower + 1> powers{};
    for (int i = 0; i <= kMostPower; ++i) {
      const std::string_view digits = "1e";
      std::array<char, 8> text{digits[0], digits[1]};
      char* const end = std::to_chars(text.data() + 2, text.data() + text.size(), i).ptr;
      std::from_chars(text.data(), end, powers[static_cast<std::size_t>(i)]);
    }
    return powers;
  }();
  return kPowers[static_cast<std::size_t>(exponent)];
}

std::optional<double> from_parts(std::uint64_t digits, std::int64_t exponent) {
  auto value = static_cast<double>(digits);
  while (std::abs(exponent) > kMostPower) {
    if (value == 0) return value;
    if (exponent > 0) return std::nullopt;
    value /= power_of_ten(kMostPower);
    exponent += kMostPower;
  }
  const int power = static_cast<int>(exponent);
  value = power >= 0 ? value * power_of_ten(power) : value / power_of_ten(-power);
  return std::isinf(value) ? std::nullopt : std::optional(value);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<double> score_of(std::string_view number) {
  const bool negative = number.starts_with('-');
  number.remove_prefix(negative ? 1 : 0);
  std::uint64_t digits = 0;
  std::int64_t exponent = 0;
  bool full = false, fraction = false;
  std::size_t at = 0;
  for (; at < number.size() && (is_digit(number[at]) || number[at] == '.'); ++at) {
    if (number[at] == '.') {
      fraction = true;
      continue;
    }
    const auto digit = static_cast<std::uint64_t>(number[at] - '0');
    full = full || digits > (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
    if (!full) digits = digits * 10 + digit;
    exponent += fraction ? (full ? 0 : -1) : (full ? 1 : 0);
  }
  if (at < number.size()) {  // e, E
    constexpr std::int64_t kFar = std::numeric_limits<std::int32_t>::max();
    std::int64_t stated = 0;
    const std::size_t start = at + 1 + (number.substr(at + 1).starts_with('+') ? 1 : 0);
    const char* const end = number.data() + number.size();
    const auto read = std::from_chars(number.data() + start, end, stated);
    if (read.ec == std::errc::result_out_of_range || std::abs(stated) > kFar)
      stated = number.substr(start).starts_with('-') ? -kFar : kFar;
    exponent += stated;
  }
  const auto value = from_parts(digits, exponent);
  return value && negative ? std::optional(-*value) : value;
}

}  // namespace gistmill::tokenizer
