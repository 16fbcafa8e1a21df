// Which windows of a prepared corpus come, and in which order. Knows no tokens.
#pragma once

#include <cstdint>
#include <vector>

namespace gistmill::formats {
class TokenFileReader;
}

namespace gistmill::dataset {

// T tokens of one document.
struct Window {
  std::uint32_t document;
  std::uint64_t begin;  // within the document
};

// The windows of one split in document order: all that do not overlap, or the first of each document; what is
// left at a document's end is not used. Throws Error(GM_ERROR_USER): no document of the split, or none that
// is long enough.
std::vector<Window> find_windows(const formats::TokenFileReader& file, std::int32_t split,
                                 std::int64_t length, bool first_only);

// `limit` of them, spread evenly and in their order; all where there are no more, or limit is 0.
std::vector<Window> limit_windows(std::vector<Window> windows, std::size_t limit);

// A cursor over n windows, n > 0, epoch after epoch. Shuffled, an epoch's order is a permutation that only
// seed and epoch decide, so that a run that is resumed sees what it would have seen.
class WindowOrder {
 public:
  WindowOrder(std::size_t windows, bool shuffle, bool repeat);

  void set_seed(std::uint64_t seed);

  // The next window's number; false where one pass was asked for and is over.
  bool next(std::size_t& window);
  // The number that next() gave last.
  std::size_t latest() const { return order_[place_ - 1]; }

  std::size_t windows() const { return order_.size(); }
  std::uint64_t epoch() const { return epoch_; }
  std::size_t place() const { return place_; }  // windows given in this epoch

  // Goes on as after the `place`-th window of an epoch; place <= windows().
  void seek(std::uint64_t epoch, std::size_t place);

 private:
  void arrange();

  std::vector<std::uint32_t> order_;
  bool shuffle_;
  bool repeat_;
  std::uint64_t seed_ = 0;
  std::uint64_t epoch_ = 0;
  std::size_t place_ = 0;
};

}  // namespace gistmill::dataset
