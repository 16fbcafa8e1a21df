// A document's gists for other programs: safetensors, or a NumPy array.
#pragma once

#include <filesystem>
#include <string>

#include "plugins/store/gists/reader.hpp"

namespace gistmill::gists {

// target: FILE.safetensors gets `gists` F32 [n, G, D], `positions` I64 [n, G] in the document, and `ids` I32
// [tokens], with /about as metadata; FILE.npy gets the gists alone. It appears whole or not at all. document:
// "": the last. Throws FormatError for another ending, or a damaged row; FileError.
void export_document(const GistReader& reader, const std::string& document,
                     const std::filesystem::path& target);

}  // namespace gistmill::gists
