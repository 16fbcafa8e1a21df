// Memory for tables that are read all over, in pages of 2 MiB where the system gives them: a table of many
// small pages waits for the address of its page at every look.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace gistmill::tokenizer {

// An allocator for std::vector. What is smaller than a huge page lies in ordinary ones.
template <class T>
struct HugePageAllocator {
  using value_type = T;

  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) {}  // NOLINT(google-explicit-constructor): as allocators do

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    void* const memory = ::operator new(bytes, alignment(count));
    if (bytes >= kHugePage) madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // may be refused
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) { ::operator delete(memory, alignment(count)); }

  template <class U>
  bool operator==(const HugePageAllocator<U>&) const {
    return true;
  }

 private:
  static constexpr std::size_t kHugePage = std::size_t{1} << 21;
  static constexpr std::size_t kCacheLine = 64;

  static std::align_val_t alignment(std::size_t count) {
    return std::align_val_t{count * sizeof(T) >= kHugePage ? kHugePage : kCacheLine};
  }
};

}  // namespace gistmill::tokenizer
