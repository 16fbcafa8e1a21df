// A corpus' files, out of its package into a folder of their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "host/corpora/package.hpp"

namespace gistmill {

struct Unpacked {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
};

// Where the files of a license go in a folder of text: datasets pass over hidden folders.
inline constexpr const char* kLicenseFolder = ".license";

// Writes what the corpus takes of the package into `folder`, which is there and empty: by the names below
// corpus.folder, or, for a reader, by those in the package. What the package says of its license goes into
// kLicenseFolder. Not durable: the caller syncs. Throws Failure.
Unpacked unpack(const CatalogCorpus& corpus, const std::filesystem::path& package,
                const std::filesystem::path& folder, const PackageLimits& limits,
                const std::function<bool()>& stopped);

}  // namespace gistmill
