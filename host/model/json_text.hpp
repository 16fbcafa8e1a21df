// Bytes in JSON, which holds only text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace gistmill {

// Sets "text"; where the bytes are no UTF-8 (a token may end within a letter) it holds U+FFFD in their place,
// and "bytes" says them in hexadecimal.
void put_text(nlohmann::ordered_json& object, const std::string& bytes);

// On one line, whatever bytes it holds.
std::string json_line(const nlohmann::ordered_json& object);

}  // namespace gistmill
