// The folder of cached calls: the path of each entry's file, and which entries go when the folder is too
// large. Several processes may use one folder at the same time. Opens no entry.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace gistmill {

class EntryFolder {
 public:
  // `folder` need not exist. max_bytes: of all entries together.
  EntryFolder(std::filesystem::path folder, std::uint64_t max_bytes);

  const std::filesystem::path& path() const { return folder_; }
  std::uint64_t max_bytes() const { return max_bytes_; }
  std::uint64_t bytes() const { return bytes_; }  // as far as this process knows
  std::uint64_t entries() const { return entries_; }
  std::uint64_t removed() const { return removed_; }  // by this process, to make room

  // "<folder>/<digest of the group, 16 digits>/<key>-<format>.h5": entries of an older format are not looked
  // at, and are the first to go.
  std::filesystem::path path_of(const std::string& group, const std::string& key) const;

  // Says that the entry was used now.
  static void touch(const std::filesystem::path& entry);

  // Removes the least recently used entries until `bytes` more fit, but none that was used since this object
  // was made: epochs read entries in the same order each time, so the oldest entry is the one that is needed
  // next. Returns false if that is not enough; then no more are removed.
  bool make_room(std::uint64_t bytes);
  // Counts a new entry of this many bytes.
  void count(std::uint64_t bytes);

 private:
  std::filesystem::path folder_;
  std::uint64_t max_bytes_;
  std::uint64_t bytes_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t removed_ = 0;
  std::filesystem::file_time_type since_;
};

}  // namespace gistmill
