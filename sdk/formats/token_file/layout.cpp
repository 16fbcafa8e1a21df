// The digest of a token file, independent of how ids are stored, and its size.
#include "sdk/formats/token_file/layout.hpp"

#include <algorithm>
#include <array>

namespace gistmill::formats::layout {
namespace {

template <class T>
void put(unsigned char*& at, T value) {
  for (std::size_t byte = 0; byte < sizeof value; ++byte)
    *at++ = static_cast<unsigned char>(value >> (8 * byte));
}

}  // namespace

std::size_t name_width(const Table& table) {
  std::size_t width = 1;
  for (const std::string& name : table.names) width = std::max(width, name.size());
  return width;
}

std::uint64_t size_bound(const Table& table, std::size_t provenance_size, std::size_t id_width) {
  constexpr std::uint64_t kHeaders = 64 << 10;  // HDF5 takes about 7 KiB for the few objects of this layout
  const std::uint64_t document = sizeof table.offsets[0] + sizeof table.splits[0] + name_width(table);
  return kHeaders + provenance_size + table.names.size() * document + table.offsets.back() * id_width;
}

void hash_ids(Sha256& sha, const std::int32_t* ids, std::size_t count) {
  std::array<unsigned char, 4096> bytes;
  while (count > 0) {
    const std::size_t now = std::min(count, bytes.size() / 4);
    unsigned char* at = bytes.data();
    for (std::size_t i = 0; i < now; ++i) put(at, static_cast<std::uint32_t>(ids[i]));
    sha.update(bytes.data(), 4 * now);
    ids += now;
    count -= now;
  }
}

std::string file_digest(const Table& table, const std::string& ids_digest) {
  Sha256 sha;
  sha.update_field(kFormat);
  sha.update_field(ids_digest);
  for (std::size_t i = 0; i < table.names.size(); ++i) {
    std::array<unsigned char, 9> bytes;
    unsigned char* at = bytes.data();
    put(at, table.offsets[i + 1] - table.offsets[i]);
    put(at, table.splits[i]);
    sha.update_field(table.names[i]);
    sha.update(bytes.data(), bytes.size());
  }
  return sha.hex();
}

}  // namespace gistmill::formats::layout
