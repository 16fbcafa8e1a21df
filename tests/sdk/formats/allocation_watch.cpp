// operator new that remembers its largest argument and the sum of what is alive.
#include "tests/sdk/formats/allocation_watch.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::atomic<std::size_t> largest{0}, alive{0}, most{0}, at_reset{0};

void release(void* memory) {
  if (memory != nullptr) alive -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

namespace gistmill::test {

void reset_allocations() {
  largest = 0;
  at_reset = most = alive.load();
}
std::size_t largest_allocation() { return largest; }
std::size_t most_allocated() { return most - at_reset; }

}  // namespace gistmill::test

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (size > largest) largest = size;
  void* memory = std::malloc(size > 0 ? size : 1);
  if (memory != nullptr) alive += malloc_usable_size(memory);
  if (alive > most) most = alive.load();
  return memory;
}
void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
