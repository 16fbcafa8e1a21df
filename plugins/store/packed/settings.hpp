// What packed shards depend on beside the files that they are from, as the host's provenance tells it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/store/packed/manifest.hpp"

namespace gistmill::packed {

struct PackOptions {
  std::string folder;
  std::int64_t length = 0;  // max_seq_length
  std::vector<std::int32_t> separator;
  Tail tail = Tail::drop;
};

struct PackProvenance {
  std::string text;    // what is kept of it
  bool again = false;  // the host asks to make again what is there
};

PackProvenance pack_provenance(const std::string& provenance);

// A manifest without sources.
Manifest empty_manifest(const PackOptions& options, const std::string& provenance);

}  // namespace gistmill::packed
