// Certify on one of the plugins in tests/plugins/certified, by the real program.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace gistmill::test {

struct Certified {
  int code = -1;
  nlohmann::json json;

  std::string faults() const {
    std::string all;
    for (const auto& check : json.value("checks", nlohmann::json::array())) {
      for (const auto& fault : check["faults"])
        all += check["check"].get<std::string>() + ": " + fault.get<std::string>() + "\n";
    }
    return all;
  }
};

// library: a path; arguments: shell words.
inline Certified certified_file(const std::string& library, const std::string& arguments) {
  const std::string command =
      "'" GISTMILL_BUILD_DIR "/bin/gistmill' plugins certify '" + library + "' --json " + arguments + " 2>&1";
  std::string text;
  FILE* const pipe = popen(command.c_str(), "r");
  char part[4096];
  for (std::size_t size = 0; pipe != nullptr && (size = fread(part, 1, sizeof part, pipe)) > 0;)
    text.append(part, size);
  const int status = pclose(pipe);
  Certified answer;
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  answer.json = nlohmann::json::parse(text, nullptr, false);
  if (answer.json.is_discarded()) answer.json = {{"text", text}};
  return answer;
}

inline std::string certified_library(const std::string& variant) {
  return std::string(GISTMILL_BUILD_DIR) + "/tests/certified/" + variant + "/certified-" + variant + ".so";
}

}  // namespace gistmill::test
