// What the dynamic linker said, without what Boost.DLL wraps around it.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace gistmill {

// Boost: "boost::dll::... (dlerror system message: <words>): <category>".
inline std::string linker_message(const std::exception& error) {
  constexpr std::string_view kLead = "dlerror system message: ";
  std::string text = error.what();
  const std::size_t start = text.find(kLead);
  if (start == std::string::npos) return text;
  const std::size_t words = start + kLead.size();
  return text.substr(words, text.rfind(')') - words);
}

}  // namespace gistmill
