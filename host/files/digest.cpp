// The SDK's digests with the host's failures; see digest.hpp.
#include "host/files/digest.hpp"

#include <gistmill/formats/digest.hpp>

#include "host/files/file_failure.hpp"

namespace gistmill {

std::string sha256_hex(std::string_view bytes) { return formats::sha256_hex(bytes); }

std::string sha256_file(const std::filesystem::path& path) {
  return or_failure([&] { return formats::sha256_file(path); });
}

}  // namespace gistmill
