// Identifies a prepared corpus, by the identities of the instances that make it and by their wires. The
// digest of this identity names the file. The file holds the identity as its provenance, so that it tells
// what made it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/identity/instance_identity.hpp"

namespace gistmill {

// An object with these keys:
//   "pipeline"   its name
//   "calls"      [{"call": "tokenizer.encode", "reads": {"text": "0.text"}}]; port: number and port of the
//                call that it reads
//   "instances"  {"tokenizer": identity_of(it)}
//   "seed"       of the run, where a call is random
// instances: in the order of Plan::instances; those of calls that do not run may be null. Throws
// Failure (ExitCode::recipe) where one reads files but does not identify their contents, and as identity_of.
nlohmann::json corpus_identity(const PlannedPipeline& pipeline, const std::vector<const Instance*>& instances,
                               std::uint64_t seed);

// Why the corpus with provenance `made` is not the wanted one, if only the code differs: "was made by another
// build of tokenizer/bpe". "" if both are the same, or differ in something else (text, options, calls).
// `made` is read from a file and may be anything.
std::string other_build(const nlohmann::json& made, const nlohmann::json& wanted);

}  // namespace gistmill
