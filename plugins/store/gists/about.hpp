// What a store says of what made it: JSON text at /about. Two that are the same text are the same thing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace gistmill::gists {

struct About {
  std::string model, tokenizer, compressor, position;
  std::string level2;         // what makes gists of gists; empty: nothing does
  std::string keep;           // which words stay as tokens beside the gists; empty: none
  nlohmann::json origin;      // where these lie, for people
  std::string keep_blocks{};  // by which rule blocks stay as tokens; empty: none do

  // Throws FormatError where a text is missing.
  static About of(const nlohmann::json& object);
  static About parse(std::string_view text);
  std::string text() const;  // of its JSON

  // How rows name the compressor.
  std::uint64_t compressor_number() const;  // and of what stays beside its gists
  std::uint64_t level2_number() const;      // of both networks: a gist of other gists is another
};

// Throws FormatError naming both where a store of `held` cannot take what `given` makes. `compressors`: those
// may differ.
void expect_same(const std::string& path, const About& held, const About& given, bool compressors);

}  // namespace gistmill::gists
