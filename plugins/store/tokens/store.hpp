// store/tokens: documents into a token file. The format's code is in the SDK's formats; this says when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <gistmill/formats/token_file.hpp>
#include <gistmill/plugin.hpp>

#include "plugins/store/tokens/lengths.hpp"

namespace gistmill::store {

class TokenStore {
 public:
  // Throws Error(GM_ERROR_USER, "longest") where it is less than twice the shortest length.
  explicit TokenStore(const Options& options);

  // Throws Error: UNAVAILABLE where the file cannot be written, MISUSE where a file is being written already.
  void begin(const std::string& path, const std::string& provenance);
  // tokens: [N]; name: [M] bytes of UTF-8; split: [], 0 or 1.
  void append(const Tensor& tokens, const Tensor& name, const Tensor& split);
  void commit();

 private:
  formats::TokenFileWriter& writer();
  void write(const std::int32_t* tokens, std::size_t count, std::string_view name, std::int32_t split);
  void finish_lengths();

  LengthLimits limits_;
  std::unique_ptr<Lengths> lengths_;  // of the file that is being written; null where any length will do
  std::unique_ptr<formats::TokenFileWriter> writer_;
};

}  // namespace gistmill::store
