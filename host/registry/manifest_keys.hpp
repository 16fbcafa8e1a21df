// Which keys the text of a manifest may have, without parsing it: that takes a hundred times as long.
#pragma once

#include <string_view>
#include <vector>

namespace gistmill {

class ManifestKeys {
 public:
  // Points into `toml`, any text.
  explicit ManifestKeys(std::string_view toml);

  // False only where parsing would find no such key, at any place.
  bool may_have(std::string_view key) const;

 private:
  std::string_view toml_;
  std::vector<std::string_view> with_slash_;  // pieces between quotes and ends of lines
  bool has_letters_by_number_ = false;        // "\u0061": they may spell any key
};

}  // namespace gistmill
