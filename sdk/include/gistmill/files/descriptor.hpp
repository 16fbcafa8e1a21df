// An open file descriptor that closes itself. Reading and writing are files/transfer.hpp.
#pragma once

#include <utility>

#include <unistd.h>

namespace gistmill::files {

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

}  // namespace gistmill::files
