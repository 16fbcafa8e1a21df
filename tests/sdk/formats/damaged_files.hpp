// What every reader of an untrusted file must withstand: the file cut short, and each of its bits flipped.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/sdk/formats/allocation_watch.hpp"

namespace gistmill::test {

// `is_read` says whether the reader takes the bytes; false where it refuses them.
template <class Read>
void expect_refused_when_cut(const std::string& whole, const Read& is_read) {
  ASSERT_TRUE(is_read(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(is_read(std::string_view(whole).substr(0, size))) << "cut to " << size << " bytes";
  }
}

// No flip may cost much more memory than the file has bytes. How many of the flipped files are refused.
template <class Read>
int refused_with_a_bit_flipped(const std::string& whole, const Read& is_read) {
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    reset_allocations();
    refused += !is_read(flipped);
    EXPECT_LT(largest_allocation(), 2 * whole.size() + 1024) << "bit " << bit;
  }
  return refused;
}

}  // namespace gistmill::test
