// Gets a package from Debian or PyPI by their own programs, apt-get and pip. Nothing is installed, and no
// root is needed.
#pragma once

#include <filesystem>
#include <functional>

#include "host/corpora/catalog.hpp"

namespace gistmill {

// The package's file, in `folder`, which holds nothing before: the catalog's version; of Debian another one
// where Debian has only that. Throws Failure: no such program, no package lists, no such package, no network.
std::filesystem::path download(const CatalogCorpus& corpus, const std::filesystem::path& folder,
                               const std::function<bool()>& stopped);

}  // namespace gistmill
