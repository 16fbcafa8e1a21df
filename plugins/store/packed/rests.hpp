// Tail::join: what does not fill the sources' last sequences, one after the other in a shard of its own. So
// each source's shard depends on that source alone, and a changed one leaves the others as they are.
#pragma once

#include <filesystem>

#include "plugins/store/packed/manifest.hpp"

namespace gistmill::packed {

// Writes rests.h5 from the last sequences of the sources that are read. Its own last one stays short, and is
// not used. Throws FormatError, files::FileError.
PackedShard join_rests(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace gistmill::packed
