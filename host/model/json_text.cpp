#include "host/model/json_text.hpp"

#include <fmt/format.h>

#include <gistmill/text/utf8.hpp>

namespace gistmill {

void put_text(nlohmann::ordered_json& object, const std::string& bytes) {
  object["text"] = bytes;
  if (text::is_utf8(bytes)) return;
  std::string hexadecimal;
  for (const char byte : bytes) hexadecimal += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  object["bytes"] = hexadecimal;
}

std::string json_line(const nlohmann::ordered_json& object) {
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace gistmill
