// Why a template is not run, and where: "line:column: message", both counted from 1, columns in bytes.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace gistmill::chat_template {

struct Position {
  std::uint32_t line = 0, column = 0;  // 0: not known
};

class Refusal : public std::runtime_error {
 public:
  explicit Refusal(const std::string& message, Position position = {})
      : std::runtime_error(position.line == 0 ? message
                                              : std::to_string(position.line) + ":" +
                                                    std::to_string(position.column) + ": " + message),
        located_(position.line != 0) {}
  bool located() const { return located_; }

 private:
  bool located_;
};

}  // namespace gistmill::chat_template
