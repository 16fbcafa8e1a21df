// A document's gists for other programs: safetensors, a NumPy array, a tensor of torch, the files of a focus
// tree.
#pragma once

#include <filesystem>
#include <string>

#include "plugins/store/gists/reader.hpp"

namespace gistmill::gists {

// target: FILE.safetensors gets `gists` F32 [n, G, D], `positions` I64 [n, G] in the document, and `ids` I32
// [tokens], with /about as metadata, of level 2 `gists_level2` and `positions_level2` where there is one, and
// where tokens stay beside their gists `kept` U8 [n, K], 1 for these; FILE.npy and FILE.pt get the gists of
// level 1 alone, FILE.pt as f32[n G, D]; a name without ending becomes a folder (tree_files.hpp). It appears
// whole or not at all. document:
// "": the last. Throws FormatError for another ending, or a damaged row; FileError.
void export_document(const GistReader& reader, const std::string& document,
                     const std::filesystem::path& target);

}  // namespace gistmill::gists
