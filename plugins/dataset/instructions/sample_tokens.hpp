// The tokens of samples' pieces, read from the token file that their pipeline prepared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gistmill/formats/token_file.hpp>

#include "plugins/dataset/instructions/pieces.hpp"

namespace gistmill::dataset {

class SampleTokens {
 public:
  using Ids = std::vector<std::int32_t>;

  // Looks at names and lengths. Throws FormatError, and Error(GM_ERROR_USER, "corpus"): another pipeline's
  // file.
  explicit SampleTokens(const std::filesystem::path& path);

  std::size_t size() const { return first_.size(); }  // samples, of both splits
  std::int32_t split(std::size_t sample) const { return file_.split(first_[sample]); }
  std::int64_t length(std::size_t sample, Piece piece) const;
  Ids read(std::size_t sample, Piece piece) const;

  void verify() const { file_.verify(); }
  const std::string& digest() const { return file_.digest(); }

 private:
  formats::TokenFileReader file_;
  std::vector<std::size_t> first_;  // [sample]: its first document; the others follow
};

}  // namespace gistmill::dataset
