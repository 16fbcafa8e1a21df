// strftime with English names, whatever the locale.
#pragma once

#include <ctime>
#include <string>

namespace gistmill::chat_template {

// Throws Refusal where the format has a letter that is not supported.
std::string strftime_text(const std::string& format, const std::tm& time);

}  // namespace gistmill::chat_template
