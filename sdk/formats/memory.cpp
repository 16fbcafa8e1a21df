// Reads /proc/meminfo, /proc/self/cgroup and the files of the groups named there (kernel documentation:
// admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst).
#include <gistmill/formats/memory.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

namespace gistmill::formats {
namespace {

namespace fs = std::filesystem;

// Empty where there is no such file.
std::string text_of(const fs::path& path) {
  try {
    return files::read_all(path);
  } catch (const files::FileError&) {
    return "";
  }
}

std::optional<std::uint64_t> number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t:"), text.size()));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;  // empty for "max" as well
}

// The number after `key` at the start of a line.
std::optional<std::uint64_t> number_named(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key)) return number_at(line.substr(key.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

struct GroupFiles {
  const char* limit;
  const char* usage;
  const char* cache;  // in memory.stat: page cache that goes first when memory is short
};
constexpr GroupFiles kVersion2{"memory.max", "memory.current", "inactive_file"};
constexpr GroupFiles kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};

// Empty where the group sets no limit or is not visible from here.
std::optional<std::uint64_t> left_in_group(const fs::path& group, const GroupFiles& files) {
  const auto limit = number_at(text_of(group / files.limit));
  const auto usage = number_at(text_of(group / files.usage));
  if (!limit || !usage) return std::nullopt;
  const std::uint64_t cache = number_named(text_of(group / "memory.stat"), files.cache).value_or(0);
  const std::uint64_t used = *usage - std::min(cache, *usage);
  return *limit - std::min(used, *limit);
}

void keep_least(std::optional<std::uint64_t>& least, std::optional<std::uint64_t> value) {
  if (value && (!least || *value < *least)) least = value;
}

// The group and all around it: the limit of each holds. A container may see its own group as the root, under
// whatever path, so the root is asked in any case.
void keep_least_of_groups(std::optional<std::uint64_t>& least, const fs::path& root, std::string_view path,
                          const GroupFiles& files) {
  fs::path group = root;
  keep_least(least, left_in_group(group, files));
  for (const fs::path& part : fs::path(path).relative_path()) {
    if (part == "..") return;  // the process lies outside what is mounted here
    group /= part;
    keep_least(least, left_in_group(group, files));
  }
}

}  // namespace

std::optional<std::uint64_t> available_memory(const MemoryRoots& roots) {
  std::optional<std::uint64_t> least;
  if (const auto kib = number_named(text_of(roots.proc / "meminfo"), "MemAvailable:")) least = *kib * 1024;

  // Lines of <number>:<controllers>:<path>; version 2 has number 0 and no controllers.
  const std::string groups = text_of(roots.proc / "self" / "cgroup");
  for (std::string_view rest = groups; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first == line.npos ? line.npos : first + 1);
    if (second == line.npos) continue;
    const std::string controllers = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const std::string_view path = line.substr(second + 1);
    if (line.starts_with("0::")) {
      keep_least_of_groups(least, roots.cgroup, path, kVersion2);
    } else if (controllers.find(",memory,") != std::string::npos) {
      keep_least_of_groups(least, roots.cgroup / "memory", path, kVersion1);
    }
  }
  return least;
}

}  // namespace gistmill::formats
