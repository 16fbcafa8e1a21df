// From characters to symbols, in pages of 256: a look for each character of a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gistmill::spm {

class SymbolTable {
 public:
  SymbolTable() : pages_(1) { pages_[0].fill(-1); }

  // -1 where there is none. `code` is a character, below 0x110000.
  std::int32_t find(std::int32_t code) const {
    const auto index = static_cast<std::size_t>(code);
    return pages_[page_of_[index / kPageSize]][index % kPageSize];
  }
  void set(std::int32_t code, std::int32_t symbol) {
    const auto index = static_cast<std::size_t>(code);
    std::uint16_t& page = page_of_[index / kPageSize];
    if (page == 0) {
      page = static_cast<std::uint16_t>(pages_.size());
      pages_.push_back(pages_[0]);
    }
    pages_[page][index % kPageSize] = symbol;
  }

 private:
  static constexpr std::size_t kPageSize = 256;

  std::array<std::uint16_t, 0x110000 / kPageSize> page_of_{};
  std::vector<std::array<std::int32_t, kPageSize>> pages_;  // the first has no symbol
};

}  // namespace gistmill::spm
