// An open file descriptor that closes itself, and the system's words for an error number.
// Not a file class: reading and writing stay with those who know what they read and write.
#pragma once

#include <unistd.h>

#include <cctype>
#include <string>
#include <system_error>
#include <utility>

namespace gistmill {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Descriptor() { close(); }

  bool open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  // 0, or the answer of close(2). Closed afterwards in either case, as on Linux.
  int close() { return open() ? ::close(std::exchange(descriptor_, -1)) : 0; }

 private:
  int descriptor_ = -1;
};

// "no such file or directory": lowercase, as every message.
inline std::string error_text(int error) {
  std::string text = std::generic_category().message(error);
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1]))) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

}  // namespace gistmill
