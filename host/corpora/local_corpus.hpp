// What of the catalog is on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "host/corpora/catalog.hpp"

namespace gistmill {

// What is in the folder of a corpus.
struct LocalCorpus {
  bool here = false;
  bool fetched = false;  // by fetch_corpus, which leaves kSourceFile; else somebody put files there
  std::string version;   // of the package; "" where not fetched
  std::int64_t documents = 0;
  std::int64_t bytes = 0;
};
LocalCorpus local_corpus(const CatalogCorpus& corpus, const std::filesystem::path& texts);

inline constexpr const char* kSourceFile = "source.toml";  // what a fetched folder says of itself

}  // namespace gistmill
