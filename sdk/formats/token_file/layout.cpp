// The digest of a token file, independent of how ids are stored, and its size.
#include "sdk/formats/token_file/layout.hpp"

#include <algorithm>
#include <array>
#include <bit>

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

static_assert(std::endian::native == std::endian::little, "ids are hashed as they lie in memory");

void hash_ids(Sha256& sha, const std::int32_t* ids, std::size_t count) {
  sha.update(ids, count * sizeof *ids);
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
