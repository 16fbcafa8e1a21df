// Signatures of plugins by the keys that people have: ssh-keygen -Y.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gistmill {

// The namespace of the signatures: ssh-keygen -Y sign -f KEY -n gistmill-plugin FILE writes FILE.sig.
constexpr const char* kSignatureNamespace = "gistmill-plugin";

// Who of `signers` (a file of allowed signers, ssh-keygen(1)) signed `bytes`, the content of `library`, in
// LIBRARY.sig. Throws Failure (ExitCode::plugin): no signature, one that does not hold, of nobody in the
// file, no ssh-keygen on this machine.
std::string signer_of(std::string_view bytes, const std::filesystem::path& library,
                      const std::filesystem::path& signers);

}  // namespace gistmill
