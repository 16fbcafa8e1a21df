// What the host's provenance of prepared data says of the ids: which component turned text into tokens.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace gistmill::store {

struct TokenizerIdentity {
  std::string component;   // "tokenizer/bpe"
  nlohmann::json options;  // without paths
  std::string contents;    // digest of its vocabulary; empty where it is the source itself, which has ids
  std::string model;       // name of the file that it reads, without folders; may be empty

  // "tokenizer/bpe {"special":false} with 3c1f00aa90b2", for people, and to compare by.
  std::string text() const;
};

// Nothing where the provenance does not say: it is of another program, or of an earlier version.
std::optional<TokenizerIdentity> tokenizer_identity(const std::string& provenance);

// The instance that a call of the provenance is of: "documents" of "documents.next".
std::string instance_of_call(const nlohmann::json& call);

// The provenance without the host's word on why the file is made: one that is made again is the one that it
// was.
std::string without_hint(const std::string& provenance);

}  // namespace gistmill::store
