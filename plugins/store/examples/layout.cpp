#include "plugins/store/examples/layout.hpp"

#include <gistmill/formats/digest.hpp>

namespace gistmill::examples {

std::string digest_of(const std::array<std::string, kSplits>& splits, const std::vector<std::string>& names) {
  formats::Sha256 sha;
  sha.update_field(kFormat);
  for (const std::string& split : splits) sha.update_field(split);
  for (const std::string& name : names) sha.update_field(name);
  return sha.hex();
}

}  // namespace gistmill::examples
