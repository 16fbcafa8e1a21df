#include "plugins/tokenizer/sentencepiece/decoding.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "plugins/tokenizer/common/settings.hpp"
#include "plugins/tokenizer/sentencepiece/space_steps.hpp"

namespace gistmill::sentencepiece {
namespace {

using nlohmann::json;
using tokenizer::boolean_of;
using tokenizer::refuse;
using tokenizer::steps_of;
using tokenizer::string_of;
using tokenizer::type_of;

// Metaspace as a decoder, not after tokens were joined: all of the text would be its first token.
std::optional<SpacesLeftOut> metaspace_decoder(const json& step, bool joined) {
  const std::optional<Prefix> prefix = metaspace_prefix(step);
  if (!prefix) return std::nullopt;
  if (*prefix == Prefix::kNone) return SpacesLeftOut::kNone;
  return joined ? std::nullopt : std::optional(SpacesLeftOut::kFirstToken);
}

// What decoders have done so far. Spaces and bytes come back in either order; tokens are joined after their
// bytes are text, and a space at the start is one of the whole text only then.
struct DecoderSteps {
  bool has_bytes = true;  // whether bytes are to come back at all
  bool spaces = false, bytes = false, joined = false, stripped = false;
  SpacesLeftOut left_out = SpacesLeftOut::kPrefix;

  // False where the step is not known, or not at this place.
  bool take(const json& step) {
    const std::string type = type_of(step);
    if (is_replace(step, std::string(kSpace), " ")) return !std::exchange(spaces, true);
    if (const auto metaspace = metaspace_decoder(step, joined)) {
      left_out = *metaspace;
      return !std::exchange(spaces, true);
    }
    if (type == "ByteFallback") return !joined && !std::exchange(bytes, true);
    if (type == "Fuse") return joined = bytes || !has_bytes || is_metaspace();
    return type == "Strip" && string_of(step, "content") == " " && step.value("start", json()) == 1 &&
           step.value("stop", json()) == 0 && spaces && joined && !is_metaspace() &&
           !std::exchange(stripped, true);
  }
  bool is_metaspace() const { return left_out != SpacesLeftOut::kPrefix; }
};

}  // namespace

Decoding decoding_of(const tokenizer::TokenizerJson& file) {
  const std::vector<json> steps = steps_of(file.decoder, "decoders");
  DecoderSteps decoding;
  decoding.has_bytes = boolean_of(file.model, "byte_fallback", false);
  const bool known =
      std::all_of(steps.begin(), steps.end(), [&](const json& step) { return decoding.take(step); });
  if (known && decoding.spaces && (decoding.bytes || !decoding.has_bytes || decoding.is_metaspace()))
    return {decoding.bytes, decoding.left_out};
  refuse(
      file, "decoder", file.decoder,
      "that of Llama 2: Replace, ByteFallback, Fuse and Strip; or Metaspace, alone or beside ByteFallback");
}

}  // namespace gistmill::sentencepiece
