// Linux only; see processor.hpp.
#include "host/machine/processor.hpp"

#include <fstream>

namespace gistmill {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "";
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
