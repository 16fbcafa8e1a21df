// The line of text, the checksum, and all reading and writing of bytes; see entry_file.hpp.
#include "host/cache/entry_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <new>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include <gistmill/dtype.hpp>
#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/formats/error.hpp>

#include "host/cache/checksum.hpp"
#include "host/cache/entry_image.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/file_failure.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// Read and checked piece by piece, while a piece is in the processor's cache.
constexpr std::uint64_t kPiece = 1 << 20;

// "gistmill cached call, HDF5 behind 512 bytes; 41943040 bytes, XXH3 0123456789abcdef\n", then
// zeros.
std::string head_text(std::uint64_t size, std::uint64_t checksum) {
  std::string text = fmt::format("gistmill cached call, HDF5 behind {} bytes; {} bytes, XXH3 {:016x}\n",
                                 kEntryTextSize, size, checksum);
  text.resize(kEntryTextSize, '\0');
  return text;
}

std::string read_piece(const files::Descriptor& memory, std::uint64_t begin, std::uint64_t end) {
  std::string bytes(end - begin, '\0');
  if (files::read_at(memory.get(), bytes.data(), bytes.size(), begin).bytes != bytes.size())
    throw std::bad_alloc();
  return bytes;
}

// What follows the text, in order: HDF5's own bytes, and between them those of the arrays.
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

// Fills `memory` with the file's `size` bytes and checks them against its first line.
void read_checked(const files::Descriptor& file, char* memory, std::uint64_t size, const fs::path& path) {
  Checksum checksum;
  for (std::uint64_t at = 0; at < size;) {
    const std::size_t piece = std::min(kPiece, size - at);
    const files::Transferred got = files::read_at(file.get(), memory + at, piece, at);
    if (got.error != 0) refuse(path, files::error_text(got.error));
    if (got.bytes < piece) refuse(path, fmt::format("it ends after {} of {} bytes", at + got.bytes, size));
    const std::uint64_t text = at < kEntryTextSize ? std::min<std::uint64_t>(kEntryTextSize - at, piece) : 0;
    checksum.update({memory + at + text, piece - text});
    at += piece;
  }
  if (std::string_view(memory, kEntryTextSize) != head_text(size, checksum.value()))
    refuse(path, "its size or checksum differs from its first line");
}

}  // namespace

std::uint64_t EntryArray::bytes() const {
  const Dtype* type = find_dtype(dtype);
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t{type == nullptr ? 0 : type->bytes()},
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
  or_failure([&] {
    files::NewFile file(path);
    file.reserve(entry_size_bound(text, values));  // first: HDF5 meets the user's limit for files too
    const EntryImage image = make_entry_image(text, values);
    std::deque<std::string> own;
    const std::vector<std::string_view> pieces = pieces_of(image, own);
    Checksum checksum;
    for (const std::string_view piece : pieces) checksum.update(piece);
    file.write(head_text(image.size, checksum.value()));
    for (const std::string_view piece : pieces) file.write(piece);
    file.publish();
  });
}

std::optional<Entry> read_entry(const fs::path& path, const std::string& key) {
  const files::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open() && errno == ENOENT) return std::nullopt;
  if (!file.open()) refuse(path, files::error_text(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) refuse(path, "it is not a file");
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
    entry.values = read_entry_image(key, static_cast<const char*>(memory), size);
  } catch (const formats::FormatError& error) {
    refuse(path, error.what());
  }
  return entry;
}

}  // namespace gistmill
