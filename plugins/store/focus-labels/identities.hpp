// Who made the labels, out of the host's provenance: fingerprints for people, and to compare by.
#pragma once

#include <string>

namespace gistmill::labels {

// `component options with digest` of the first instance whose component is named `role`/..., "unknown" where
// none is. The digest is of the files that it read, so of its weights.
std::string identity_of_role(const std::string& provenance, const std::string& role);

// Digest of what the prepared corpora were made of, "unknown" where there are none.
std::string identity_of_corpora(const std::string& provenance);

}  // namespace gistmill::labels
