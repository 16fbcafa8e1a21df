// A fast checksum that notices damaged files, so that checking costs less than reading: XXH3, 64 bits, as
// `xxhsum -H3` prints it. Not a digest: it protects against accidents, not against people.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

struct XXH3_state_s;

namespace gistmill {

// Takes bytes piece by piece, however they are cut.
class Checksum {
 public:
  Checksum();
  void update(std::string_view bytes);
  std::uint64_t value() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace gistmill
