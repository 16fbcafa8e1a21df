#include "host/identity/file_identity.hpp"

namespace gistmill {

std::string file_identity(const Instance& instance) {
  const std::string digest = instance.digest();
  const std::string& component = instance.planned().spec->name;
  return digest.empty() ? component : component + " " + digest;
}

}  // namespace gistmill
