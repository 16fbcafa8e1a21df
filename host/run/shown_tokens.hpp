// Token ids as text that people read on a terminal: for samples of what a recipe trains on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/instance/instance.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

using Tokens = std::vector<std::int32_t>;

// Text of ids, by the first component of a plan that decodes.
class Decoder {
 public:
  Decoder(const Plan& plan, Registry& registry, std::uint64_t seed);
  // "" where nothing decodes.
  std::string text(const Tokens& tokens) const;

 private:
  std::unique_ptr<Instance> instance_;
};

// On one line, safe to print, and not longer than people read.
std::string shown(std::string text);
// The text, or the ids where there is none.
std::string shown(const Tokens& tokens, const std::string& text);

}  // namespace gistmill
