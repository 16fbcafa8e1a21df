// Sizes and times of files; see entry_folder.hpp. Other processes add and remove files at any time, so
// nothing here fails: a missing file counts as 0 bytes.
#include "host/cache/entry_folder.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "host/cache/entry_file.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

struct Found {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t bytes = 0;
};

// Entries, and what killed writers left; nothing else that may lie there.
bool is_ours(const fs::path& path) { return path.extension() == ".h5" || path.extension() == ".tmp"; }

std::vector<Found> scan(const fs::path& folder) {
  std::vector<Found> found;
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; each != end && !error;
       each.increment(error)) {
    std::error_code gone;
    if (!each->is_regular_file(gone) || !is_ours(each->path())) continue;
    Found file{each->path(), each->last_write_time(gone), each->file_size(gone)};
    if (!gone) found.push_back(std::move(file));
  }
  return found;
}

}  // namespace

EntryFolder::EntryFolder(fs::path folder, std::uint64_t max_bytes)
    : folder_(std::move(folder)), max_bytes_(max_bytes), since_(fs::file_time_type::clock::now()) {
  for (const Found& file : scan(folder_)) count(file.bytes);
}

fs::path EntryFolder::path_of(const std::string& group, const std::string& key) const {
  return folder_ / group.substr(0, 16) / (key + "-" + kEntryFormat + ".h5");
}

void EntryFolder::touch(const fs::path& entry) {
  std::error_code ignored;
  fs::last_write_time(entry, fs::file_time_type::clock::now(), ignored);
}

bool EntryFolder::make_room(std::uint64_t bytes) {
  if (bytes_ + bytes <= max_bytes_) return true;
  std::vector<Found> files = scan(folder_);
  bytes_ = entries_ = 0;
  for (const Found& file : files) count(file.bytes);
  std::erase_if(files, [&](const Found& file) { return file.used >= since_; });
  std::sort(files.begin(), files.end(), [](const Found& a, const Found& b) { return a.used < b.used; });
  for (const Found& file : files) {
    if (bytes_ + bytes <= max_bytes_) break;
    std::error_code error;
    if (!fs::remove(file.path, error) || error) continue;
    bytes_ -= file.bytes;
    --entries_;
    ++removed_;
  }
  return bytes_ + bytes <= max_bytes_;
}

void EntryFolder::count(std::uint64_t bytes) {
  bytes_ += bytes;
  ++entries_;
}

}  // namespace gistmill
