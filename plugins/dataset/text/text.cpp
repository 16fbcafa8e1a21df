#include "plugins/dataset/text/text.hpp"

#include <array>
#include <memory>

#include "plugins/dataset/text/corpus.hpp"

namespace gistmill::dataset {
namespace {

// A kind of text: the files that hold it, and the options that are its own.
struct Kind {
  std::string_view name;
  std::vector<std::string> extensions;
  std::unique_ptr<Cutter> (*cutter)(const Options& options);
};

std::unique_ptr<Cutter> by_separator(const Options& options) {
  return separator_cutter(options.string("separator"));
}
std::unique_ptr<Cutter> by_records(const Options& options) {
  return record_cutter(options.string("records"));
}
std::unique_ptr<Cutter> by_rows(const Options& options) {
  return table_cutter(static_cast<std::size_t>(options.integer("longest")), options.boolean("header"));
}

const Kind& kind_of(const Options& options) {
  static const std::array<Kind, 4> kKinds{
      {{"prose", {".txt", ".md"}, by_separator},
       {"code",
        {".py", ".js", ".mjs", ".ts", ".go", ".c", ".h", ".cc", ".cpp", ".hpp", ".rs", ".java", ".sh"},
        by_separator},
       {"json", {".json"}, by_records},
       {"table", {".csv", ".tsv"}, by_rows}}};
  const std::string name = options.string("kind");
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return kind;
  }
  throw Error(GM_ERROR_USER, "kind '" + name + "' is not known", "kind");
}

// An option of another kind would do nothing.
void check_options(const Options& options, const Kind& kind) {
  const auto refuse = [&](const std::string& key, const std::string& of) {
    throw Error(GM_ERROR_USER, key + " is for " + of + " when kind is \"" + std::string(kind.name) + "\"",
                key);
  };
  if (!options.string("separator").empty() && kind.cutter != by_separator)
    refuse("separator", "prose and code");
  if (!options.string("records").empty() && kind.cutter != by_records) refuse("records", "json");
}

// "kind" stands for the extensions of the kind.
SourceOptions selection(const Options& options, const Kind& kind) {
  SourceOptions source = text_source_options(options);
  std::vector<std::string> extensions;
  for (const std::string& extension : source.extensions) {
    if (extension == "kind") {
      extensions.insert(extensions.end(), kind.extensions.begin(), kind.extensions.end());
    } else {
      extensions.push_back(extension);
    }
  }
  source.extensions = std::move(extensions);
  return source;
}

std::unique_ptr<DocumentSource> corpus_of(const Options& options) {
  const Kind& kind = kind_of(options);
  check_options(options, kind);
  return std::make_unique<Corpus>(selection(options, kind), options.string("skip_until"),
                                  kind.cutter(options));
}

}  // namespace

Text::Text(const Options& options) : DocumentComponent("dataset/text", corpus_of(options)) {}

}  // namespace gistmill::dataset
