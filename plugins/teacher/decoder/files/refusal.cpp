#include "plugins/teacher/decoder/files/refusal.hpp"

#include <algorithm>
#include <gistmill/plugin/values.hpp>

namespace gistmill::decoder {

void refuse(const std::string& message) { throw Error(GM_ERROR_USER, message, "model"); }

std::string text(std::span<const std::int64_t> shape) {
  std::string result = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) result += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return result + "]";
}

void check_shape(const std::string& file, const std::string& name, std::span<const std::int64_t> found,
                 std::span<const std::int64_t> expected) {
  if (std::ranges::equal(found, expected)) return;
  refuse(file + ": tensor " + formats::printable(name) + " has shape " + text(found) + " when it should be " +
         text(expected));
}

}  // namespace gistmill::decoder
