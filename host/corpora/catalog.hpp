// data/catalog.toml: the corpora that can be fetched, each a part of one package of Debian or PyPI. Knows
// nothing of what has been fetched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gistmill {

enum class PackageSource { debian, pypi };

struct CatalogCorpus {
  std::string name;  // and of its folder
  std::string title;
  std::string purpose;
  std::string license;
  std::int64_t stage = 1;  // of the curriculum that it was chosen for
  std::string kind;        // prose, code, json, table, html: how a dataset reads it

  PackageSource source = PackageSource::debian;
  std::string package;
  std::string version;        // the one that the figures below are of
  std::string architecture;   // Debian's, of the package with this digest; "all": any
  std::string sha256;         // of that package, in lowercase hexadecimal
  std::int64_t download = 0;  // bytes of the package

  std::string folder;                  // in the package; names are those below it
  std::vector<std::string> take;       // patterns of names below `folder`; * also matches a slash
  std::vector<std::string> leave_out;  // of what `take` takes
  std::string reader;  // of text_from_packages.py, which makes text of the files; "": they stay as they are

  std::int64_t documents = 0;
  std::int64_t bytes = 0;   // of the documents
  std::int64_t tokens = 0;  // SmolLM2's

  std::string package_text() const;  // "golang-1.19-src 1.19.8-2 of Debian"
};

// In the order of the file. Throws Failure (ExitCode::usage) with the place of what is wrong in it.
std::vector<CatalogCorpus> read_catalog(const std::filesystem::path& file);

// Throws Failure (ExitCode::usage) with the nearest name.
const CatalogCorpus& find_corpus(const std::vector<CatalogCorpus>& catalog, const std::string& name);

}  // namespace gistmill
