// Folders in the spellings that people have, and the ids that transformers or `tokenizers` give them
// (make_folders.py).
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/plugins/tokenizer/folders/folder.hpp"

namespace gistmill::test {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

const json& document() {
  static const json kDocument = json::parse(read_file(tokenizer_tests() / "folders/folders.json"));
  return kDocument;
}

void write(const json& described, const Folder& folder) {
  if (described.contains("base"))
    folder.write("tokenizer.json", fixture(described.at("base")).patch(described.at("patch")));
  if (described.contains("vocabulary")) folder.write_vocabulary(described.at("vocabulary"));
  if (described.contains("model")) {
    const auto file = tokenizer_tests() / "folders" / described.at("model").get<std::string>();
    folder.write("tokenizer.model", std::string_view(read_file(file)));
  }
  if (!described.contains("files")) return;
  folder.write("config.json", json{{"model_type", "llama"}});
  for (const auto& [name, content] : described.at("files").items()) folder.write(name, content);
}

// What is left to the reference: U+2581 comes back as a space, a space before text goes away behind every
// added token, and bytes that have no token are gone.
bool decodes_as_the_reference(const std::string& text, const std::string& decoded) {
  return text.find("\xE2\x96\x81") == std::string::npos && text.find('<') == std::string::npos &&
         decoded.find("\xEF\xBF\xBD") == std::string::npos;
}

template <class Reading>
void expect_reference(const json& described, const Reading& reading) {
  const json& texts = document().at("texts");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto text = texts[i].get<std::string>();
    const Ids ids = described.at("ids")[i];
    EXPECT_EQ(reading.encode(text), ids) << text;
    if (!described.contains("decoded")) continue;
    const auto decoded = described.at("decoded")[i].template get<std::string>();
    if (!decodes_as_the_reference(text, decoded)) continue;
    EXPECT_EQ(reading.decode(ids), decoded) << text;
  }
  if (!described.contains("begin")) return;
  EXPECT_EQ(reading.vocabulary->begin, described.at("begin").template get<Ids>());
}

class FolderAsPeopleHaveIt : public ::testing::TestWithParam<std::size_t> {};

TEST_P(FolderAsPeopleHaveIt, GivesTheReferencesIds) {
  const json& described = document().at("folders")[GetParam()];
  const Folder folder;
  write(described, folder);
  const BpeReading bpe = read_as_bpe(folder.path());
  const SpmReading spm = read_as_spm(folder.path());
  ASSERT_NE(bpe.tokenizer == nullptr, spm.tokenizer == nullptr) << bpe.refusal << "\n" << spm.refusal;
  bpe.tokenizer ? expect_reference(described, bpe) : expect_reference(described, spm);
}

INSTANTIATE_TEST_SUITE_P(
    Of, FolderAsPeopleHaveIt, ::testing::Range(std::size_t{0}, document().at("folders").size()),
    [](const auto& place) {
      return document().at("folders")[place.param].at("name").template get<std::string>();
    });

}  // namespace
}  // namespace gistmill::test
