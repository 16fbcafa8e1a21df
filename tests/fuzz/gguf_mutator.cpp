// Mutations that stay near to GGUF: libFuzzer changes bytes as ever, then half of the results are walked
// through and mended (lengths, counts, types, offsets), so that the change is reached instead of the first
// check. Nothing here judges a file: whatever the walk cannot follow is left as it is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::size_t kValueSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
constexpr std::uint32_t kString = 8, kArray = 9, kValueTypes = 13;
struct Block {
  std::uint32_t type;
  std::uint64_t elements, bytes;
};
constexpr Block kBlocks[] = {{0, 1, 4},      {1, 1, 2},      {30, 1, 2},     {2, 32, 18},   {3, 32, 20},
                             {6, 32, 22},    {7, 32, 24},    {8, 32, 34},    {10, 256, 84}, {11, 256, 110},
                             {12, 256, 144}, {13, 256, 176}, {14, 256, 210}, {24, 1, 1}};

class Mender {
 public:
  Mender(std::uint8_t* data, std::size_t size, std::size_t max_size)
      : data_(data), size_(size), max_size_(max_size) {}

  // The new size.
  std::size_t mend() {
    if (size_ < 24) return size_;
    std::memcpy(data_, "GGUF\3\0\0\0", 8);
    at_ = 24;
    std::uint64_t tensors = std::min<std::uint64_t>(get<std::uint64_t>(8), 32);
    std::uint64_t entries = std::min<std::uint64_t>(get<std::uint64_t>(16), 32);
    std::uint64_t done = 0;
    while (done < entries && entry()) ++done;
    put(16, done);
    done = 0;
    while (done < tensors && tensor()) ++done;
    put(8, done);
    return fill();
  }

 private:
  template <class T>
  T get(std::size_t at) const {
    T value;
    std::memcpy(&value, data_ + at, sizeof value);
    return value;
  }
  template <class T>
  void put(std::size_t at, T value) {
    std::memcpy(data_ + at, &value, sizeof value);
  }
  bool has(std::size_t bytes) const { return bytes <= size_ - at_; }

  // A string, its length made small enough.
  bool string(std::size_t least) {
    if (!has(8 + least)) return false;
    const std::uint64_t room = std::min<std::uint64_t>(size_ - at_ - 8, 60);
    const std::uint64_t length =
        std::clamp<std::uint64_t>(get<std::uint64_t>(at_) % 61, least, std::max<std::uint64_t>(room, least));
    put(at_, length);
    at_ += 8 + length;
    return true;
  }

  bool value(std::uint32_t type) {
    if (type == kString) return string(0);
    if (!has(kValueSizes[type])) return false;
    if (type == 7) data_[at_] &= 1;
    at_ += kValueSizes[type];
    return true;
  }

  std::uint32_t value_type(bool array_allowed) {
    std::uint32_t type = get<std::uint32_t>(at_) % kValueTypes;
    if (type == kArray && !array_allowed) type = kString;
    put(at_, type);
    at_ += 4;
    return type;
  }

  // Where it returns false, the file ends before the entry.
  bool entry() {
    const std::size_t start = at_;
    if (string(1) && has(4)) {
      std::uint32_t type = value_type(true);
      if (type != kArray && value(type)) return true;
      if (type == kArray && has(12)) {
        type = value_type(false);
        const std::size_t count_at = at_;
        const std::uint64_t count = get<std::uint64_t>(at_) % 65;
        at_ += 8;
        std::uint64_t done = 0;
        while (done < count && value(type)) ++done;
        put(count_at, done);
        return true;
      }
    }
    at_ = start;
    return false;
  }

  bool tensor() {
    const std::size_t start = at_;
    if (string(1) && has(4)) {
      const std::uint32_t rank = get<std::uint32_t>(at_) % 5;
      put(at_, rank);
      at_ += 4;
      if (has(rank * 8 + 12)) {
        dims_and_place(rank);
        return true;
      }
    }
    at_ = start;
    return false;
  }

  void dims_and_place(std::uint32_t rank) {
    const std::size_t type_at = at_ + 8 * rank;
    const Block& block = kBlocks[get<std::uint32_t>(type_at) % std::size(kBlocks)];
    std::uint64_t blocks = 1;
    for (std::uint32_t i = 0; i < rank; ++i, at_ += 8) {
      const std::uint64_t dim = get<std::uint64_t>(at_) % 5;
      put(at_, i == 0 ? dim * block.elements : dim);
      blocks *= dim;
    }
    // Without dimensions it has one element, of which a block of several cannot be made.
    put(type_at, rank == 0 ? std::uint32_t{0} : block.type);
    put(type_at + 4, data_size_);
    at_ = type_at + 12;
    data_size_ = (data_size_ + (rank == 0 ? 4 : blocks * block.bytes) + 31) / 32 * 32;
  }

  // As much data as the tensors need, where it fits.
  std::size_t fill() {
    const std::size_t needed = (at_ + 31) / 32 * 32 + data_size_;
    if (needed > max_size_) return size_;
    if (needed > size_) std::memset(data_ + size_, 0x11, needed - size_);
    return std::max(size_, needed);
  }

  std::uint8_t* data_;
  std::size_t size_, max_size_;
  std::size_t at_ = 0;
  std::uint64_t data_size_ = 0;
};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  return seed % 2 == 0 ? Mender(data, size, max_size).mend() : size;
}
