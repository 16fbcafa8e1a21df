// The SDK's digests with the host's failures; see digest.hpp.
#include "host/files/digest.hpp"

#include <algorithm>

#include <gistmill/formats/digest.hpp>

#include "host/files/file_failure.hpp"

namespace gistmill {

namespace {

constexpr std::string_view kAlgorithm = "sha256:";
constexpr std::size_t kDigits = 64;  // hexadecimal

}  // namespace

std::string sha256_hex(std::string_view bytes) { return formats::sha256_hex(bytes); }

std::string sha256_file(const std::filesystem::path& path) {
  return or_failure([&] { return formats::sha256_file(path); });
}

std::string digest_text(std::string_view sha256) { return std::string(kAlgorithm) + std::string(sha256); }

std::optional<std::string> parse_digest(std::string_view text) {
  if (!text.starts_with(kAlgorithm)) return std::nullopt;
  text.remove_prefix(kAlgorithm.size());
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != kDigits || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  return std::string(text);
}

}  // namespace gistmill
