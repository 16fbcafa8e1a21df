// The tokens of needle phrases, read from the token file that their pipeline prepared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gistmill/formats/token_file.hpp>

namespace gistmill::dataset {

class PhraseTokens {
 public:
  using Ids = std::vector<std::int32_t>;

  // Throws FormatError, and Error(GM_ERROR_USER, "phrases"): another pipeline's file.
  explicit PhraseTokens(const std::filesystem::path& path);

  std::int32_t subjects() const { return static_cast<std::int32_t>(questions_.size()); }
  const std::vector<std::int32_t>& numbers() const { return numbers_; }
  const Ids& needle(std::int32_t subject, std::int32_t number) const {
    return needles_.at({subject, number});
  }
  const Ids& question(std::int32_t subject) const { return questions_.at(subject); }
  const Ids& answer(std::int32_t number) const { return answers_.at(number); }
  const std::string& digest() const { return digest_; }

 private:
  void take(const formats::TokenFileReader& file, std::size_t document);
  void check() const;

  std::map<std::pair<std::int32_t, std::int32_t>, Ids> needles_;
  std::map<std::int32_t, Ids> questions_;
  std::map<std::int32_t, Ids> answers_;
  std::vector<std::int32_t> numbers_;  // ascending
  std::string digest_;
};

}  // namespace gistmill::dataset
