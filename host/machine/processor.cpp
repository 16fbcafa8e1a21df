// Linux only; see processor.hpp.
#include "host/machine/processor.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

namespace gistmill {

namespace {

// x86, then ARM; as Linux calls them.
constexpr std::string_view kFeatures[] = {"avx2",     "fma",   "avx512f", "avx512_vnni", "avx512_bf16",
                                          "amx_bf16", "asimd", "sve",     "bf16"};

}  // namespace

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "";
}

std::vector<std::string> processor_features() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
    std::vector<std::string> found;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (std::ranges::find(kFeatures, word) != std::end(kFeatures)) found.push_back(word);
    }
    return found;
  }
  return {};
}

std::string bf16_feature() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16") == 0) return "";  // every processor with AMX has it too
  std::ifstream info("/proc/cpuinfo");
  for (std::string word; info >> word;) {
    if (word == "amx_bf16") return word;
    if (word == "bugs") break;  // the line after the first processor's flags
  }
  return "avx512_bf16";
#else
  return "";
#endif
}

}  // namespace gistmill
