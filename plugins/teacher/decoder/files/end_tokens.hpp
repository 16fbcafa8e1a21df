// Which tokens end a text: the one place that decides, for both kinds of files. Generation stops before any
// of them. Needs no LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <gistmill/formats/gguf.hpp>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/files/model_plan.hpp"

namespace gistmill::decoder {

struct EndToken {
  std::int64_t id = 0;
  std::string
      source;  // what names it: "generation_config.json", "tokenizer.ggml.eot_token_id", "'<|im_end|>'"
};

// In the order in which they were found, each id once, by its first source.
class EndTokens {
 public:
  void add(std::int64_t id, const std::string& source);
  const std::vector<EndToken>& all() const { return tokens_; }
  std::vector<std::int64_t> ids() const;

 private:
  std::vector<EndToken> tokens_;
};

void put_end_tokens(const EndTokens& ends, ModelPlan* plan);

// A token of the vocabulary that may end a text by its name.
struct NamedToken {
  std::string text;
  std::int64_t id = 0;
  bool control = false;  // special: it stands in no text by itself
};
// Adds those that are known to end a text: the names of llama.cpp (llama-vocab.cpp, 2026), for files that
// name one end token where their model has several.
void add_by_name(const std::vector<NamedToken>& tokens, EndTokens* ends);

// Of a GGUF file: tokenizer.ggml.{eos,eot,eom}_token_id, the tokens that part files of code, and names.
EndTokens end_tokens_of(const formats::Gguf& file);

// The added tokens of a Hugging Face folder: of tokenizer.json, else of tokenizer_config.json. None where
// neither can be read; that is the tokenizer's to say.
std::vector<NamedToken> added_tokens_of(const std::filesystem::path& folder);

}  // namespace gistmill::decoder
