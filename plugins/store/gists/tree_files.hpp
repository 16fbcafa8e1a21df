// A document as the files of a focus tree: a folder with L0.ctx (token ids), L1.ctx and L2.ctx (gists), and
// metadata.json with the nodes. Of the two headers that were once described the one with the number of
// entries:
//
//   byte   0  u32  magic, 0x4D434354        12  u16  type: 0 u32, 1 f16, 2 bf16, 3 f32
//          4  u16  version, 1               14  u64  entries (not aligned)
//          6  u16  level                    22  char[32]  model, cut, filled up with zeros
//          8  u16  K, tokens of a block     54  10 bytes of zeros
//         10  u16  numbers of an entry
//
// An entry lies at 64 + its number times its bytes. All is little endian.
#pragma once

#include <filesystem>
#include <string>

#include "plugins/store/gists/index.hpp"

namespace gistmill::gists {

// target: a folder that does not exist, or is empty; it appears whole or not at all. Gists are as the store
// has them, int8 and int4 as f32. Throws FormatError where a gist has more than 65535 numbers, or a row is
// damaged; FileError.
void write_tree_files(const GistReader& reader, const DocumentRows& rows, const std::string& document,
                      const std::filesystem::path& target);

}  // namespace gistmill::gists
