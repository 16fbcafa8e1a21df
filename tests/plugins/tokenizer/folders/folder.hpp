// A folder as a person has it, made from a fixture, a JSON patch and small files, and read by the kind of
// tokenizer that takes it.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/error.hpp>
#include <nlohmann/json.hpp>

#include "plugins/tokenizer/bpe/bpe.hpp"
#include "plugins/tokenizer/spm/spm.hpp"
#include "plugins/tokenizer/unigram/unigram.hpp"
#include "tests/sdk/formats/test_data.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::test {

inline std::filesystem::path tokenizer_tests() {
  return std::filesystem::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer";
}
inline nlohmann::json fixture(const std::string& name) {
  return nlohmann::json::parse(read_file(tokenizer_tests() / "fixtures" / name));
}

// A merge as text or as a pair.
inline std::string text_of_merge(const nlohmann::json& merge) {
  return merge.is_string() ? merge.get<std::string>()
                           : merge[0].get<std::string>() + " " + merge[1].get<std::string>();
}

class Folder {
 public:
  const std::filesystem::path& path() const { return folder_.path(); }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  void write(const std::string& name, const nlohmann::json& value) const {
    write(name, std::string_view(value.is_string() ? value.get<std::string>() : value.dump()));
  }
  // vocab.json and merges.txt of a fixture.
  void write_vocabulary(const std::string& name) const {
    const nlohmann::json model = fixture(name).at("model");
    write("vocab.json", model.at("vocab"));
    std::string lines = "#version: 0.2\n";
    for (const auto& merge : model.at("merges")) lines += text_of_merge(merge) + "\n";
    write("merges.txt", std::string_view(lines));
  }

 private:
  gistmill::testing::ScratchFolder folder_;
};

// What one kind of tokenizer makes of a folder, or why it refuses it.
template <class Tokenizer, class Encoder, class Vocabulary>
struct Reading {
  template <class Load>
  Reading(const Load& load, const std::filesystem::path& folder) {
    try {
      vocabulary = std::make_unique<Vocabulary>(load(folder));
      tokenizer = std::make_unique<Tokenizer>(*vocabulary);
    } catch (const formats::FormatError& error) {
      refusal = error.what();
    }
  }
  std::vector<std::int32_t> encode(const std::string& text) const {
    return Encoder(*tokenizer)
        .encode(text, vocabulary->split_special_tokens ? tokenizer::SpecialTokens::kAsText
                                                       : tokenizer::SpecialTokens::kRecognize);
  }
  std::string decode(const std::vector<std::int32_t>& ids) const {
    return tokenizer->decode(ids.data(), ids.size());
  }

  std::unique_ptr<Vocabulary> vocabulary;
  std::unique_ptr<Tokenizer> tokenizer;  // null where it is refused
  std::string refusal;
};

using BpeReading = Reading<bpe::Tokenizer, bpe::Encoder, bpe::Vocabulary>;
using UnigramReading = Reading<unigram::Tokenizer, unigram::Encoder, unigram::Vocabulary>;
using SpmReading = Reading<spm::Tokenizer, spm::Encoder, spm::Vocabulary>;

inline BpeReading read_as_bpe(const std::filesystem::path& folder) {
  return BpeReading([](const auto& model) { return bpe::load_vocabulary(model); }, folder);
}
inline SpmReading read_as_spm(const std::filesystem::path& folder) {
  return SpmReading([](const auto& model) { return spm::load_vocabulary(model); }, folder);
}
inline UnigramReading read_as_unigram(const std::filesystem::path& folder) {
  return UnigramReading([](const auto& model) { return unigram::load_vocabulary(model); }, folder);
}

}  // namespace gistmill::test
