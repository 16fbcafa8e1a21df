// American spelling, in docs and in what the program is made of. Tests may spell wrongly what they refuse.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/file_bytes.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// Parts of words of other spellings, and of their kind. Not "fulfils", a key of manifests.
constexpr std::string_view kOther[] = {
    "licence",   "defence",  "behaviour", "colour",    "favour",     "honour",    "labour",     "neighbour",
    "centre",    "centring", "metre",     "fibre",     "catalogue",  "cancelled", "cancelling", "labelled",
    "labelling", "modelled", "modelling", "signalled", "signalling", "travelled", "totalled",   "whilst",
    "learnt",    "grey",     "artefact",  "judgement", "towards",    "analyse",   "analysing"};

// The same before "ise", "isa" and "isi": optimise, optimisation, optimising.
constexpr std::string_view kStems[] = {
    "capital", "character", "critic", "custom",   "discret", "emphas",   "equal", "factor", "final",
    "general", "initial",   "local",  "material", "maxim",   "memor",    "minim", "normal", "optim",
    "organ",   "parallel",  "penal",  "priorit",  "quant",   "random",   "real",  "recogn", "regular",
    "serial",  "special",   "stabil", "standard", "summar",  "synchron", "token", "util",   "visual"};

std::string lower_case(const fs::path& path) {
  std::string text = test::bytes_of(path);
  std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

// "docs/page.md:3: licence", a line each.
std::string found_in(const fs::path& path) {
  const std::string text = lower_case(path);
  std::string found;
  const auto look_for = [&](const std::string& word) {
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      found += path.lexically_relative(GISTMILL_SOURCE_DIR).string() + ":" + std::to_string(line) + ": " +
               word + "\n";
    }
  };
  for (const std::string_view word : kOther) look_for(std::string(word));
  for (const std::string_view stem : kStems) {
    if (text.find(std::string(stem) + "is") == std::string::npos) continue;
    for (const char* ending : {"ise", "isa", "isi"}) look_for(std::string(stem) + ending);
  }
  return found;
}

bool is_text(const fs::path& path) {
  constexpr std::array<std::string_view, 12> kEndings = {".md",    ".cpp",  ".hpp", ".h",  ".c",   ".rs",
                                                         ".cmake", ".toml", ".sh",  ".py", ".txt", ".in"};
  return std::ranges::find(kEndings, path.extension().string()) != kEndings.end();
}

TEST(Spelling, IsAmericanInDocsCodeAndMessages) {
  const fs::path source = GISTMILL_SOURCE_DIR;
  std::string found;
  int files = 0;
  for (const char* page :
       {"README.md", "CONTRIBUTING.md", "data/README.md", "data/catalog.toml", "data/vocabularies.toml"})
    found += found_in(source / page);
  for (const char* folder : {"cmake", "docs", "host", "plugins", "recipes", "scripts", "sdk"}) {
    for (const auto& entry : fs::recursive_directory_iterator(source / folder)) {
      if (!entry.is_regular_file() || !is_text(entry.path())) continue;
      ++files;
      found += found_in(entry.path());
    }
  }
  EXPECT_GT(files, 500);
  EXPECT_EQ(found, "");
}

}  // namespace
}  // namespace gistmill
