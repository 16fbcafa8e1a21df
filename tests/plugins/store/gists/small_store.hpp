// A gist store of blocks of 4 tokens whose content follows from the number of a block, for tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "plugins/store/gists/reader.hpp"
#include "plugins/store/gists/writer.hpp"

namespace gistmill::gists {

constexpr Shape kSmall = {4, 2, 3, 8, Precision::f32};
constexpr char kAbout[] = R"({"model": "m"})";
constexpr std::uint64_t kCompressor = 0x1234;

inline std::vector<std::int32_t> ids_of(std::uint32_t block) {
  const auto first = static_cast<std::int32_t>(10 * block);
  return {first, first + 1, first + 2, first + 3};
}
inline std::vector<float> gist_of(std::uint32_t block) {
  std::vector<float> gist;
  for (int i = 0; i < 6; ++i) gist.push_back(0.5f * static_cast<float>(block) - static_cast<float>(i));
  return gist;
}

inline void append(GistWriter& writer, std::uint32_t document, std::uint32_t block,
                   std::uint64_t compressor = kCompressor) {
  const std::vector<std::int32_t> offsets = {1, 3};
  writer.append_block(document, block, ids_of(block).data(), gist_of(block).data(), offsets.data(),
                      compressor);
}

// A store with one document, "a", of so many blocks.
inline void make_store(const std::filesystem::path& path, std::uint32_t blocks, const Shape& shape = kSmall) {
  GistWriter::make(path, shape, kAbout);
  GistWriter writer(path);
  const std::uint32_t document = writer.document("a");
  for (std::uint32_t block = 0; block < blocks; ++block) append(writer, document, block);
  writer.commit();
}

struct ReadRow {
  RowHead head;
  std::vector<std::int32_t> ids, offsets;
  std::vector<float> gist;
};
inline ReadRow read(const GistReader& reader, std::uint64_t row) {
  const Shape& shape = reader.shape();
  ReadRow read;
  read.ids.resize(shape.block);
  read.offsets.resize(shape.gists);
  read.gist.resize(shape.numbers());
  read.head = reader.read(row, read.ids.data(), read.gist.data(), read.offsets.data());
  read.ids.resize(read.head.tokens);
  return read;
}

}  // namespace gistmill::gists
