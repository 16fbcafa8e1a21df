// Folders in the spellings that people have, and the ids that transformers or `tokenizers` give them:
// expected/*.json, each with the folders of a kind (make_folders.py).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/plugins/tokenizer/folders/folder.hpp"

namespace gistmill::test {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

// The texts, and what each fixture gives by itself.
const json& bases() {
  static const json kBases = json::parse(read_file(tokenizer_tests() / "folders/expected/bases.json"));
  return kBases;
}

struct Case {
  std::string name;
  json described;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = [] {
    std::vector<Case> all;
    for (const auto& entry : std::filesystem::directory_iterator(tokenizer_tests() / "folders/expected")) {
      if (entry.path().stem() == "bases") continue;
      const json folders = json::parse(read_file(entry.path()));
      for (const auto& [name, described] : folders.items()) all.push_back({name, described});
    }
    std::ranges::sort(all, {}, &Case::name);
    return all;
  }();
  return kCases;
}

const json& base_of(const json& described) {
  for (const char* key : {"base", "vocabulary", "model"})
    if (described.contains(key)) return bases().at(described.at(key).get<std::string>());
  throw std::invalid_argument("a folder without a base");
}

// A step that JSON Patch has none for (folder_parts.py, CHANGES).
json changed_merges(const json& merges, const std::string& change) {
  json all = json::array();
  if (change == "behind their version") all.push_back("#version: 0.2");
  for (const auto& merge : merges) {
    const std::string text = text_of_merge(merge);
    const auto space = text.find(' ');
    if (change == "as pairs")
      all.push_back({text.substr(0, space), text.substr(space + 1)});
    else
      all.push_back(text);
    if (change == "the first half" && all.size() == merges.size() / 2) break;
  }
  if (change == "the first 40 twice")
    for (std::size_t i = 0; i < 40; ++i) all.push_back(merges.at(i));
  return all;
}

json patched(json document, const json& patch) {
  for (const auto& step : patch) {
    json& model = document.at("model");
    if (step.at("op") == "merges")
      model["merges"] = changed_merges(model.at("merges"), step.at("value"));
    else
      document.patch_inplace(json::array({step}));
  }
  return document;
}

void write(const json& described, const Folder& folder) {
  if (described.contains("base"))
    folder.write("tokenizer.json",
                 patched(fixture(described.at("base")), described.value("patch", json::array())));
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

// What the reference says of a text: of this folder, or of its base where they are the same.
const json& expected(const json& described, const char* what, const std::string& text) {
  if (described.contains(what) && described.at(what).contains(text)) return described.at(what).at(text);
  return base_of(described).at(what).at(text);
}

template <class Reading>
void expect_reference(const json& described, const Reading& reading) {
  const bool alone = !described.contains("files");  // then `tokenizers` is the reference, and decodes too
  for (const auto& text : bases().at("texts").get<std::vector<std::string>>()) {
    const Ids ids = expected(described, "ids", text);
    EXPECT_EQ(reading.encode(text), ids) << text;
    if (!alone) continue;
    const auto decoded = expected(described, "decoded", text).template get<std::string>();
    if (!decodes_as_the_reference(text, decoded)) continue;
    EXPECT_EQ(reading.decode(ids), decoded) << text;
  }
  if (!alone) return;
  EXPECT_EQ(reading.vocabulary->begin, described.value("begin", Ids()));
}

class FolderAsPeopleHaveIt : public ::testing::TestWithParam<std::size_t> {};

TEST_P(FolderAsPeopleHaveIt, GivesTheReferencesIds) {
  const json& described = cases()[GetParam()].described;
  const Folder folder;
  write(described, folder);
  const BpeReading bpe = read_as_bpe(folder.path());
  const SpmReading spm = read_as_spm(folder.path());
  ASSERT_NE(bpe.tokenizer == nullptr, spm.tokenizer == nullptr) << bpe.refusal << "\n" << spm.refusal;
  bpe.tokenizer ? expect_reference(described, bpe) : expect_reference(described, spm);
}

INSTANTIATE_TEST_SUITE_P(Of, FolderAsPeopleHaveIt, ::testing::Range(std::size_t{0}, cases().size()),
                         [](const auto& place) { return cases()[place.param].name; });

}  // namespace
}  // namespace gistmill::test
