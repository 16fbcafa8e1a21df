// Many strings in one piece of memory, and an index from strings to their numbers.
// A vocabulary from an untrusted file costs little more than its text.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gistmill::tokenizer {

class StringTable {
 public:
  StringTable() = default;
  StringTable(std::initializer_list<std::string_view> strings) {
    for (const std::string_view string : strings) add(string);
  }

  void reserve(std::size_t strings, std::size_t bytes) {
    ends_.reserve(strings);
    bytes_.reserve(bytes);
  }
  // Throws std::length_error beyond 4 GiB of text.
  void add(std::string_view string) {
    if (string.size() > UINT32_MAX - bytes_.size()) throw std::length_error("more than 4 GiB of tokens");
    bytes_.append(string);
    ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  }

  // Replaces one, in the time of a copy of the table.
  void set(std::size_t index, std::string_view string) {
    StringTable changed;
    changed.reserve(size(), bytes() + string.size());
    for (std::size_t i = 0; i < size(); ++i) changed.add(i == index ? string : (*this)[i]);
    *this = std::move(changed);
  }

  std::size_t size() const { return ends_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  // Valid until the next add(). at(): of a token's id; throws std::out_of_range where there is none.
  std::string_view at(std::int32_t id) const {
    if (id < 0 || static_cast<std::size_t>(id) >= size()) {
      throw std::out_of_range("token id is " + std::to_string(id) + ", expected 0 to " +
                              std::to_string(static_cast<std::ptrdiff_t>(size()) - 1));
    }
    return (*this)[static_cast<std::size_t>(id)];
  }
  std::string_view operator[](std::size_t index) const {
    const std::size_t start = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(start, ends_[index] - start);
  }

 private:
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
};

// Finds strings of a table, which must outlive the index and keep what is indexed.
class StringIndex {
 public:
  explicit StringIndex(const StringTable& table) : StringIndex(table, table.size()) {}
  StringIndex(const StringTable& table, std::size_t strings)
      : table_(&table), slots_(std::bit_ceil(2 * strings + 2)) {}

  // Indexes string `number`. The number of an equal string that is there already; -1 where there is none.
  std::int32_t insert(std::int32_t number) {
    const std::string_view string = (*table_)[static_cast<std::size_t>(number)];
    const std::uint64_t hash = hash_of(string);
    Slot& slot = slots_[find_slot(string, hash)];
    if (slot.number < 0) {
      slot = {tag_of(hash), number};
      return -1;
    }
    return slot.number;
  }
  // -1 where there is no such string.
  std::int32_t find(std::string_view string) const {
    return slots_[find_slot(string, hash_of(string))].number;
  }

 private:
  // Strings lie elsewhere: they are compared where their tags are equal only.
  struct Slot {
    std::uint32_t tag = 0;
    std::int32_t number = -1;
  };

  static std::uint64_t hash_of(std::string_view string) { return std::hash<std::string_view>{}(string); }
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

  std::size_t find_slot(std::string_view string, std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.number < 0) return at;
      if (slot.tag == tag_of(hash) && (*table_)[static_cast<std::size_t>(slot.number)] == string) return at;
    }
  }

  const StringTable* table_;
  std::vector<Slot> slots_;
};

}  // namespace gistmill::tokenizer
