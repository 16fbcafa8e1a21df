// Who made the labels, out of the host's provenance: fingerprints for people, and to compare by.
#pragma once

#include <string>

namespace gistmill::labels {

// `component options with digest` of the first instance whose component is named `role`/..., "unknown" where
// none is. The digest is of the files that it read, so of its weights; behind it, where it was trained,
// `trained to digest`.
std::string identity_of_role(const std::string& provenance, const std::string& role);

// The instances that decide what labels say, those of the roles teacher and gistnet, as a JSON object:
// {"gist": {"component", "options", "contents", "parameters"}}, the last where it was trained. Empty where
// `provenance` is not the host's.
std::string makers_of(const std::string& provenance);

// Digest of what the prepared corpora were made of, "unknown" where there are none.
std::string identity_of_corpora(const std::string& provenance);

}  // namespace gistmill::labels
