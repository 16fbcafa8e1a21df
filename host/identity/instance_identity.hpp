// Everything that an instance's results depend on besides its inputs, as far as it is known before anything
// is computed: code, options, files. Prepared corpora and cached calls are named by it. Cached calls add
// parameters, sizes and the machine (host/run/step/value_identity.hpp).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "host/instance/instance.hpp"

namespace gistmill {

// An object with these keys:
//   "component"  "tokenizer/bpe"
//   "plugin"     "tokenizer-bpe 0.1.0": name and version, for people
//   "build"      PluginFile::build, so that a rebuilt plugin is another one
//   "options"    all of the manifest's, as resolved, but no path; of a mixture of corpora, the weights
//   "contents"   what the instance says of the files that it reads (gm.identity): they count, not their paths
// Throws Failure where the instance cannot read them.
nlohmann::json identity_of(const Instance& instance);

// SHA-256 in hexadecimal. Equal for equal identities: their keys are sorted.
std::string digest_of(const nlohmann::json& identity);

// Whether it was given files and does not say what is in them: then its identity does not hold all that
// decides its results.
bool reads_unnamed_contents(const Instance& instance);

}  // namespace gistmill
