// store/tokens: documents into a token file. The format's code is in the SDK's formats; this says when.
#pragma once

#include <memory>
#include <string>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin.hpp>

namespace gistmill::store {

class TokenStore {
 public:
  explicit TokenStore(const Options&) {}

  // Throws Error: UNAVAILABLE where the file cannot be written, MISUSE where a file is being written already.
  void begin(const std::string& path, const std::string& provenance);
  // tokens: [N]; name: [M] bytes of UTF-8; split: [], 0 or 1.
  void append(const Tensor& tokens, const Tensor& name, const Tensor& split);
  void commit();

 private:
  formats::TokenFileWriter& writer();

  std::unique_ptr<formats::TokenFileWriter> writer_;
};

}  // namespace gistmill::store
