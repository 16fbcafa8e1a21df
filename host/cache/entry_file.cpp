// The line of text, the checksum, and all reading and writing of bytes; see entry_file.hpp.
#include "host/cache/entry_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <functional>
#include <limits>
#include <new>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "host/cache/checksum.hpp"
#include "host/cache/entry_image.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/atomic_write.hpp"
#include "host/files/descriptor.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// Read and checked piece by piece, while a piece is in the processor's cache.
constexpr std::uint64_t kPiece = 1 << 20;

// "gistmill cached call, HDF5 behind 512 bytes; 41943040 bytes, checksum 0123456789abcdef\n", zeros behind
// it.
std::string head_text(std::uint64_t size, std::uint64_t checksum) {
  std::string text = fmt::format("gistmill cached call, HDF5 behind {} bytes; {} bytes, checksum {:016x}\n",
                                 kEntryTextSize, size, checksum);
  text.resize(kEntryTextSize, '\0');
  return text;
}

std::uint64_t element_size(const std::string& dtype) {
  if (dtype == "u8" || dtype == "bool") return 1;
  if (dtype == "bf16" || dtype == "f16") return 2;
  return dtype == "f64" || dtype == "i64" ? 8 : 4;
}

std::string read_piece(const Descriptor& file, std::uint64_t begin, std::uint64_t end) {
  std::string bytes(end - begin, '\0');
  for (std::uint64_t done = 0; done < bytes.size();) {
    const ssize_t got =
        ::pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(begin + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw std::bad_alloc();  // a file in memory
    done += static_cast<std::uint64_t>(got);
  }
  return bytes;
}

// What stands behind the text, in order: HDF5's own bytes and the arrays' between them.
std::vector<std::string_view> pieces_of(const EntryImage& image, std::deque<std::string>& own) {
  std::vector<std::string_view> pieces;
  std::uint64_t at = kEntryTextSize;
  const auto add_own = [&](std::uint64_t end) {
    if (end > at) pieces.push_back(own.emplace_back(read_piece(image.memory, at, end)));
  };
  for (const EntryImage::Hole& hole : image.holes) {
    add_own(hole.offset);
    pieces.emplace_back(static_cast<const char*>(hole.array->data), hole.array->bytes());
    at = hole.offset + hole.array->bytes();
  }
  add_own(image.size);
  return pieces;
}

[[noreturn]] void refuse(const fs::path& path, const std::string& what) {
  throw Failure(ExitCode::failed, fmt::format("{} is not a whole cached call: {}", path.string(), what));
}

// Fills `memory` with the file's `size` bytes and holds them against what its text says.
void read_checked(const Descriptor& file, char* memory, std::uint64_t size, const fs::path& path) {
  Checksum checksum;
  for (std::uint64_t at = 0; at < size;) {
    const ssize_t got = ::pread(file.get(), memory + at, std::min(kPiece, size - at), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(path, error_text(errno));
    if (got == 0) refuse(path, fmt::format("it ends after {} of {} bytes", at, size));
    const std::uint64_t text = at < kEntryTextSize ? std::min<std::uint64_t>(kEntryTextSize - at, got) : 0;
    checksum.update({memory + at + text, static_cast<std::uint64_t>(got) - text});
    at += static_cast<std::uint64_t>(got);
  }
  if (std::string_view(memory, kEntryTextSize) != head_text(size, checksum.value()))
    refuse(path, "its size or checksum is another than its first line says");
}

}  // namespace

std::uint64_t EntryArray::bytes() const {
  return std::accumulate(shape.begin(), shape.end(), element_size(dtype),
                         [](std::uint64_t product, std::int64_t extent) {
                           return product * static_cast<std::uint64_t>(extent);
                         });
}

std::uint64_t entry_size_bound(const EntryText& text, const std::vector<EntryValue>& values) {
  // HDF5's own: measured 6 KB and about 0.6 KB an array.
  constexpr std::uint64_t kFile = 32 << 10;
  constexpr std::uint64_t kArray = 2 << 10;
  std::uint64_t bytes = kEntryTextSize + kFile + text.key.size() + text.call.size() + text.identity.size();
  for (const EntryValue& value : values) {
    bytes += kArray;
    for (const EntryArray& array : value.arrays) bytes += kArray + array.name.size() + array.bytes();
  }
  return bytes;
}

void write_entry(const fs::path& path, const EntryText& text, const std::vector<EntryValue>& values) {
  AtomicFile file(path);
  file.reserve(entry_size_bound(text, values));  // first: HDF5 meets the user's limit for files too
  const EntryImage image = make_entry_image(text, values);
  std::deque<std::string> own;
  const std::vector<std::string_view> pieces = pieces_of(image, own);
  Checksum checksum;
  for (const std::string_view piece : pieces) checksum.update(piece);
  file.write(head_text(image.size, checksum.value()));
  for (const std::string_view piece : pieces) file.write(piece);
  file.publish();
}

std::optional<Entry> read_entry(const fs::path& path, const std::string& key) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open() && errno == ENOENT) return std::nullopt;
  if (!file.open()) refuse(path, error_text(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) refuse(path, "it is no file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size <= kEntryTextSize) refuse(path, fmt::format("it has {} bytes", size));

  Entry entry;
  entry.bytes = size;
  constexpr std::uint64_t kAlignment = 64;
  void* memory = std::aligned_alloc(kAlignment, (size + kAlignment - 1) / kAlignment * kAlignment);
  if (memory == nullptr) throw std::bad_alloc();
  entry.memory = std::shared_ptr<void>(memory, std::free);
  read_checked(file, static_cast<char*>(memory), size, path);
  try {
    entry.values = read_entry_image(path, key, static_cast<const char*>(memory), size);
  } catch (const Failure& failure) {
    refuse(path, failure.message());
  }
  return entry;
}

}  // namespace gistmill
