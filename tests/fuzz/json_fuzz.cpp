// libFuzzer on the JSON reader, against nlohmann's parser: both read the same, or ours has one of its own
// reasons to refuse.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <gistmill/formats/json.hpp>

#include "tests/fuzz/cost_watch.hpp"

namespace {

using nlohmann::json;

[[noreturn]] void fail(const char* what, const std::string& detail) {
  std::fprintf(stderr, "%s: %s\n", what, detail.c_str());
  std::abort();
}

// What nlohmann takes and this reader means to refuse.
bool is_stricter(std::string_view text, const std::string& message) {
  if (text.substr(0, 1) == "\xEF") return true;                // a byte order mark
  if (text.find('\0') != std::string_view::npos) return true;  // nlohmann ends there
  for (const char* reason : {"occurs twice", "does not fit a double", " deep", " values"}) {
    if (message.find(reason) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  gistmill::formats::JsonLimits limits;
  limits.values = 4096;  // at 200 bytes or less: what CostWatch grants beside the text
  json ours;
  std::string refusal;
  try {
    const gistmill::fuzz::CostWatch watch(size);
    ours = gistmill::formats::parse_json(text, "fuzz", limits);
  } catch (const gistmill::formats::FormatError& error) {
    refusal = error.what();
  }
  const json theirs = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (refusal.empty()) {
    if (theirs.is_discarded()) fail("nlohmann refuses what was read", ours.dump());
    if (ours != theirs) fail("nlohmann reads another value", ours.dump() + " and " + theirs.dump());
  } else if (!theirs.is_discarded() && !is_stricter(text, refusal)) {
    fail("nlohmann reads what was refused", refusal);
  }
  return 0;
}
