// Corpora of the catalog on this machine: which are here, and how one gets here. Prints nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "host/corpora/catalog.hpp"
#include "host/corpora/package.hpp"

namespace gistmill {

// What is in the folder of a corpus.
struct LocalCorpus {
  bool here = false;
  bool fetched = false;  // by fetch_corpus, which leaves source.toml; else somebody put files there
  std::string version;   // of the package; "" where not fetched
  std::int64_t documents = 0;
  std::int64_t bytes = 0;
};
LocalCorpus local_corpus(const CatalogCorpus& corpus, const std::filesystem::path& texts);

struct FetchSettings {
  std::filesystem::path texts;    // folder of the corpora's folders
  std::filesystem::path package;  // a file instead of a download; empty: download
  std::filesystem::path reader;   // text_from_packages.py
  PackageLimits limits;
  std::function<bool()> stopped;                 // whether to stop
  std::function<void(const std::string&)> tell;  // a line on what goes on; warnings begin with "warning: "
};

// Fetches a corpus that is not here: its folder appears when it is complete, or not at all. Throws Failure.
LocalCorpus fetch_corpus(const CatalogCorpus& corpus, const FetchSettings& settings);

}  // namespace gistmill
