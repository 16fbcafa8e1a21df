// A gist cache on disk: a safetensors file that says whose keys and values it holds (docs/gist-cache.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "plugins/teacher/decoder/config.hpp"
#include "plugins/teacher/decoder/gist_cache.hpp"

namespace gistmill::decoder {

// Writes the file whole or not at all, in place of what had the name. Throws Error of the port `file`:
// unavailable where the system fails.
void write_gist_cache(const std::string& path, const GistCache& cache);

// The cache in `path`, for a model of this configuration and compute type. Throws Error (user, `key`) that
// names the file: where it is none, where model or adapter are not those of `expected`, naming both, and
// where sizes, type or positions do not fit.
std::shared_ptr<const GistCache> read_gist_cache(const std::string& path, const Config& config,
                                                 at::ScalarType dtype, const GistOrigin& expected,
                                                 const std::string& key);

}  // namespace gistmill::decoder
