// A value for each code point, from ranges: in pages of 256 of which the equal ones are one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gistmill::tokenizer {

template <class Value>
struct CodeRangeOf {
  std::int32_t first, last;
  Value value;
};

// Value{} stands for code points in no range.
template <class Value>
class CodeTable {
 public:
  template <class Ranges>
  explicit CodeTable(const Ranges& ranges) {
    std::vector<Value> all(kPages * kPageSize, Value{});
    for (const CodeRangeOf<Value>& range : ranges) {
      for (std::int32_t code = range.first; code <= range.last; ++code)
        all[static_cast<std::size_t>(code)] = range.value;
    }
    for (std::size_t page = 0; page < kPages; ++page) {
      Page content;
      std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(page * kPageSize), kPageSize, content.begin());
      const auto found = std::find(pages_.begin(), pages_.end(), content);
      page_of_[page] = static_cast<std::uint16_t>(found - pages_.begin());
      if (found == pages_.end()) pages_.push_back(content);
    }
  }
  Value of(std::int32_t code) const {
    const auto index = static_cast<std::size_t>(code);
    return pages_[page_of_[index / kPageSize]][index % kPageSize];
  }

 private:
  static constexpr std::size_t kPageSize = 256;
  static constexpr std::size_t kPages = 0x110000 / kPageSize;
  using Page = std::array<Value, kPageSize>;

  std::array<std::uint16_t, kPages> page_of_;
  std::vector<Page> pages_;
};

}  // namespace gistmill::tokenizer
