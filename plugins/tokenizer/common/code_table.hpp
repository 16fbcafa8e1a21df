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
    page_of_.fill(0);
    std::vector<Page> written(1);  // the first stands for all pages that no range touches
    for (const CodeRangeOf<Value>& range : ranges) {
      const auto first = static_cast<std::size_t>(range.first),
                 end = static_cast<std::size_t>(range.last) + 1;
      for (std::size_t page = first / kPageSize; page * kPageSize < end; ++page) {
        if (page_of_[page] == 0) {
          page_of_[page] = static_cast<std::uint16_t>(written.size());
          written.emplace_back();
        }
        const std::size_t begin = page * kPageSize;
        Value* const content = written[page_of_[page]].data();
        std::fill(content + (std::max(first, begin) - begin), content + (std::min(end - begin, kPageSize)),
                  range.value);
      }
    }
    share_equal(written);
  }
  Value of(std::int32_t code) const {
    const auto index = static_cast<std::size_t>(code);
    return pages_[page_of_[index / kPageSize]][index % kPageSize];
  }

 private:
  static constexpr std::size_t kPageSize = 256;
  static constexpr std::size_t kPages = 0x110000 / kPageSize;
  using Page = std::array<Value, kPageSize>;

  void share_equal(const std::vector<Page>& written) {
    std::vector<std::uint16_t> place_of;  // of those written, in pages_
    for (const Page& page : written) {
      const auto found = std::find(pages_.begin(), pages_.end(), page);
      place_of.push_back(static_cast<std::uint16_t>(found - pages_.begin()));
      if (found == pages_.end()) pages_.push_back(page);
    }
    for (std::uint16_t& page : page_of_) page = place_of[page];
  }

  std::array<std::uint16_t, kPages> page_of_;
  std::vector<Page> pages_;
};

}  // namespace gistmill::tokenizer
