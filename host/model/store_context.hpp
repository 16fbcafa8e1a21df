// What a model reads of a document that a store keeps, in front of a text: its newest part as tokens, older
// ones as gists. Stores are components of the contract gist-store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "host/instance/array_call.hpp"
#include "host/model/component_choice.hpp"
#include "host/model/model_task.hpp"
#include "host/model/text_codec.hpp"

namespace gistmill {

class StoreContext {
 public:
  // `behind`: positions that come after the document, of the C that `model` knows. Throws Failure
  // (ExitCode::recipe) where the store is another model's or tokenizer's, or the model takes no gists for
  // `operation`.
  StoreContext(const StoreSettings& settings, const ModelChoice& choice, const Instance& model,
               const std::string& operation, const TextCodec& codec, std::int64_t behind);

  std::int64_t rows() const { return ids_.size(); }
  // Inputs of `operation` for the document with `text` behind it: `port` gets the ids. batch: ports are of
  // batches of texts, else of one text.
  Arrays inputs(const char* port, const Tokens& text, bool batch) const;
  // For people: which document, how much of it is left out.
  std::string text() const;
  const nlohmann::json& about() const { return about_; }

 private:
  Tensor ids_, positions_, gist_, places_;  // [1, R], [1, R], [1, M, D], [1, M]
  nlohmann::json about_;
};

}  // namespace gistmill
