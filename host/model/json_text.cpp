#include "host/model/json_text.hpp"

#include <fmt/format.h>

namespace gistmill {

namespace {

bool is_utf8(const std::string& bytes) {
  try {
    static_cast<void>(nlohmann::json(bytes).dump());
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

}  // namespace

void put_text(nlohmann::ordered_json& object, const std::string& bytes) {
  object["text"] = bytes;
  if (is_utf8(bytes)) return;
  std::string hexadecimal;
  for (const char byte : bytes) hexadecimal += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  object["bytes"] = hexadecimal;
}

std::string json_line(const nlohmann::ordered_json& object) {
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace gistmill
