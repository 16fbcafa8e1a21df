#include "host/corpora/catalog.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/files/text_file.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/toml.hpp"

namespace gistmill {
namespace {

const std::vector<std::string> kKeys = {
    "title",  "purpose", "license", "stage",     "kind",   "from",     "package",   "version", "architecture",
    "sha256", "folder",  "take",    "leave_out", "reader", "download", "documents", "bytes",   "tokens"};
constexpr std::string_view kKinds[] = {"prose", "code", "json", "table", "html"};

bool is_name(std::string_view text) {
  const auto fits = [](unsigned char letter) {
    return std::islower(letter) != 0 || std::isdigit(letter) != 0 || letter == '-';
  };
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, fits);
}

// It stands on the command line of apt-get or pip, and so must not look like an option or hold a blank.
std::string package_word(const Fields& fields, std::string_view key) {
  std::string word = fields.string(key);
  const auto fits = [](unsigned char letter) {
    return std::isalnum(letter) != 0 ||
           std::string_view("+-.:_~").find(static_cast<char>(letter)) != std::string_view::npos;
  };
  if (word.empty() || std::isalnum(static_cast<unsigned char>(word.front())) == 0 ||
      !std::ranges::all_of(word, fits))
    fields.refuse(fields.required(key), key, "a word of letters, digits and +-.:_~");
  return word;
}

std::string digest_of(const Fields& fields) {
  std::string text = fields.string("sha256");
  const auto is_digit = [](char letter) {
    return std::string_view("0123456789abcdef").find(letter) != std::string_view::npos;
  };
  if (text.size() != 64 || !std::ranges::all_of(text, is_digit))
    fields.refuse(fields.required("sha256"), "sha256", "64 digits of lowercase hexadecimal");
  return text;
}

PackageSource source_of(const Fields& fields) {
  const std::string text = fields.string("from");
  if (text == "debian") return PackageSource::debian;
  if (text == "pypi") return PackageSource::pypi;
  fields.refuse(fields.required("from"), "from", "debian or pypi");
}

std::string kind_of(const Fields& fields) {
  std::string text = fields.string("kind");
  if (std::ranges::find(kKinds, text) == std::end(kKinds))
    fields.refuse(fields.required("kind"), "kind", fmt::format("{}", fmt::join(kKinds, ", ")));
  return text;
}

CatalogCorpus corpus_of(const std::string& name, const Value& value) {
  const std::string path = "text." + name;
  const Fields fields(value, path, "[" + path + "]", kKeys, ExitCode::usage);
  CatalogCorpus corpus;
  corpus.name = name;
  corpus.title = fields.string("title");
  corpus.purpose = fields.string("purpose");
  corpus.license = fields.string("license");
  corpus.stage = fields.integer("stage", 1, 1);
  corpus.kind = kind_of(fields);
  corpus.source = source_of(fields);
  corpus.package = package_word(fields, "package");
  corpus.version = package_word(fields, "version");
  corpus.architecture = fields.string("architecture", "all");
  corpus.sha256 = digest_of(fields);
  corpus.folder = fields.string("folder", "");
  corpus.take = fields.strings("take");
  corpus.leave_out = fields.strings("leave_out");
  corpus.reader = fields.string("reader", "");
  corpus.download = fields.integer("download", 0, 0);
  corpus.documents = fields.integer("documents", 0, 0);
  corpus.bytes = fields.integer("bytes", 0, 0);
  corpus.tokens = fields.integer("tokens", 0, 0);
  if (corpus.take.empty()) fields.required("take");
  return corpus;
}

}  // namespace

std::string CatalogCorpus::package_text() const {
  return fmt::format("{} {} of {}", package, version, source == PackageSource::debian ? "Debian" : "PyPI");
}

std::vector<CatalogCorpus> read_catalog(const std::filesystem::path& file) {
  const Value document = parse_toml(read_text_file(file), file.string(), ExitCode::usage);
  // [model] is scripts/fetch-model.sh's.
  const Fields fields(document, "", "the catalog", {"text", "model"}, ExitCode::usage);
  std::vector<CatalogCorpus> catalog;
  const Value* texts = fields.table("text");
  if (texts == nullptr) return catalog;
  for (const auto& [name, value] : *texts->get_if<Value::Table>()) {
    if (!is_name(name))
      throw Failure(ExitCode::usage, place_of(value),
                    fmt::format("a corpus is called '{}' when its name should be of a-z, 0-9 and -", name));
    catalog.push_back(corpus_of(name, value));
  }
  return catalog;
}

const CatalogCorpus& find_corpus(const std::vector<CatalogCorpus>& catalog, const std::string& name) {
  const auto found = std::ranges::find(catalog, name, &CatalogCorpus::name);
  if (found != catalog.end()) return *found;
  std::vector<std::string> names;
  for (const CatalogCorpus& corpus : catalog) names.push_back(corpus.name);
  throw Failure(ExitCode::usage, fmt::format("the catalog has no corpus '{}'", name),
                did_you_mean(name, names, {fmt::format("it has: {}", fmt::join(names, " "))}));
}

}  // namespace gistmill
