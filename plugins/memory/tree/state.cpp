// The saved state of memory/tree: "gistmill memory/tree 1\n", then five i64 (session, block, D, tokens,
// gists of level 1), the tokens i32 and the gists f32, in this machine's byte order as other checkpoints are.
// Level 2 is formed again, which gives the same bits.
#include <cstring>

#include "plugins/memory/tree/component.hpp"

namespace gistmill::memory {
namespace {

constexpr std::string_view kMagic = "gistmill memory/tree 1\n";
constexpr std::int64_t kMostTokens = std::int64_t{1} << 30;

struct Header {
  std::int64_t session, block, width, tokens, gists;
};

[[noreturn]] void refuse(const std::string& why) {
  throw Error(GM_ERROR_USER, "the saved state was not written by this memory/tree: " + why);
}

template <class T>
void put(std::string& bytes, const T* values, std::size_t count) {
  bytes.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

// Advances `bytes`, which holds at least that many.
template <class T>
void take(std::string_view& bytes, T* values, std::size_t count) {
  if (count > 0) std::memcpy(values, bytes.data(), count * sizeof(T));
  bytes.remove_prefix(count * sizeof(T));
}

Header header_of(std::string_view& state, std::int64_t width) {
  if (state.substr(0, kMagic.size()) != kMagic) refuse("its format is another");
  state.remove_prefix(kMagic.size());
  Header header{};
  if (state.size() < sizeof header) refuse("it is cut short");
  take(state, &header, 1);
  const bool sound = header.block >= 2 && header.block <= kMostTokens && header.tokens >= 0 &&
                     header.tokens <= kMostTokens && header.tokens % header.block == 0 && header.gists >= 0 &&
                     header.gists <= header.tokens / header.block;
  if (!sound) refuse("its sizes do not fit together");
  if (header.width != width) {
    refuse("its gists have " + std::to_string(header.width) + " numbers when the model has " +
           std::to_string(width));
  }
  const std::uint64_t bytes = static_cast<std::uint64_t>(header.tokens) * sizeof(std::int32_t) +
                              static_cast<std::uint64_t>(header.gists * width) * sizeof(float);
  if (state.size() != bytes) refuse("it is cut short, or too long");
  return header;
}

}  // namespace

std::string TreeMemory::save_state() const {
  std::string bytes(kMagic);
  if (!held_) return bytes;
  const Header header{held_->session, held_->vectors.block(), width_,
                      static_cast<std::int64_t>(held_->tokens.size()), held_->vectors.count()};
  put(bytes, &header, 1);
  put(bytes, held_->tokens.data(), held_->tokens.size());
  put(bytes, held_->vectors.level_1().data(), held_->vectors.level_1().size());
  return bytes;
}

// A state that is refused changes nothing.
void TreeMemory::load_state(std::string_view state) {
  if (state == kMagic) {
    held_.reset();
    return;
  }
  const Header header = header_of(state, width_);
  Held held{header.session, std::vector<std::int32_t>(static_cast<std::size_t>(header.tokens)),
            TreeVectors(header.block, header.width)};
  take(state, held.tokens.data(), held.tokens.size());
  std::vector<float> gist(static_cast<std::size_t>(width_));
  for (std::int64_t i = 0; i < header.gists; ++i) {
    take(state, gist.data(), gist.size());
    held.vectors.append(gist.data());
  }
  held_ = std::move(held);
}

}  // namespace gistmill::memory
