// One cached call as a file: a line of text with the number of bytes and their checksum, then an HDF5 file
// with one data set per tensor. The file appears whole or not at all. A damaged file is never used: HDF5 sees
// the bytes only after their checksum was verified. Works on arrays in memory, without LibTorch; host/run
// decides what a call is and when its results may be used again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gistmill {

// Version of the file. Version 1 had a checksum of our own in its first line.
constexpr const char* kEntryFormat = "2";

struct EntryArray {
  std::string name;   // within an object: letters, digits, '_', '-', '.'; empty: the value itself
  std::string dtype;  // as port types spell it: "f32", "bf16", "i32", ...
  std::vector<std::int64_t> shape;
  const void* data = nullptr;  // contiguous, in the order of the shape
  bool on_device = false;      // belongs in the memory of the device that its instance computes on

  std::uint64_t bytes() const;
};

// What one output port gave.
struct EntryValue {
  std::string port;
  std::string object;              // the object's type; empty: a tensor
  std::vector<EntryArray> arrays;  // of a tensor exactly one, without a name
};

// What people read in the file, and what the reader asks for.
struct EntryText {
  std::string key;       // what the entry is found by
  std::string call;      // "teacher.read"
  std::string identity;  // JSON: all that the results depend on, but for the inputs
};

struct Entry {
  std::vector<EntryValue> values;  // data points into memory
  std::shared_ptr<void> memory;    // 64-byte aligned, as the arrays of 1 KB and more in it
  std::uint64_t bytes = 0;         // of the file
};

// An upper bound of the file's size in bytes.
std::uint64_t entry_size_bound(const EntryText& text, const std::vector<EntryValue>& values);

// Any thread. Throws Failure (ExitCode::failed) where it cannot be written; then nothing is there.
void write_entry(const std::filesystem::path& path, const EntryText& text,
                 const std::vector<EntryValue>& values);

// Empty where there is no such file. Throws Failure (ExitCode::failed) where there is one that is damaged, of
// another format, or of another key.
std::optional<Entry> read_entry(const std::filesystem::path& path, const std::string& key);

}  // namespace gistmill
