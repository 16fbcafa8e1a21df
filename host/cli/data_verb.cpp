// data list, data fetch: the corpora of the catalog, and how they get here.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <gistmill/text/shown.hpp>

#include "host/cli/libraries.hpp"
#include "host/cli/stop_asked.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/installation/folders.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::vector<CatalogCorpus> catalog_of(const Command& command) {
  return read_catalog(command.value("catalog").value_or((program_folders().data / "catalog.toml").string()));
}

fs::path text_folder_of(const Command& command) { return command.value("folder").value_or("data/text"); }

// "910 k", "1.45 M"
std::string count_text(std::int64_t count) {
  if (count < 10'000) return std::to_string(count);
  if (count < 1'000'000) return fmt::format("{} k", (count + 500) / 1000);
  return fmt::format("{:.2f} M", static_cast<double>(count) / 1e6);
}

std::string state_text(const CatalogCorpus& corpus, const LocalCorpus& local, const fs::path& texts) {
  if (!local.here)
    return fmt::format("not here; {} to fetch",
                       text::bytes_text(static_cast<std::uint64_t>(corpus.download)));
  const std::string folder = (texts / corpus.name).string();
  if (!local.fetched) return fmt::format("here, in {}, put there by other means", folder);
  if (local.version == corpus.version) return fmt::format("here, in {}", folder);
  return fmt::format("here, in {}, of version {}", folder, local.version);
}

std::string list_text(const CatalogCorpus& corpus, const LocalCorpus& local, const fs::path& texts) {
  return fmt::format("{:<14} stage {}, {}: {} documents, {}, {} tokens\n    {}: {}\n    {}; {}\n    {}\n",
                     corpus.name, corpus.stage, corpus.kind, corpus.documents,
                     text::bytes_text(static_cast<std::uint64_t>(corpus.bytes)), count_text(corpus.tokens),
                     corpus.title, corpus.purpose, corpus.package_text(), corpus.license,
                     state_text(corpus, local, texts));
}

Json json_of(const CatalogCorpus& corpus, const LocalCorpus& local, const fs::path& texts) {
  Json json = {{"name", corpus.name},
               {"title", corpus.title},
               {"purpose", corpus.purpose},
               {"stage", corpus.stage},
               {"kind", corpus.kind},
               {"license", corpus.license},
               {"from", corpus.source == PackageSource::debian ? "debian" : "pypi"},
               {"package", corpus.package},
               {"version", corpus.version},
               {"sha256", corpus.sha256},
               {"download", corpus.download},
               {"documents", corpus.documents},
               {"bytes", corpus.bytes},
               {"tokens", corpus.tokens},
               {"folder", (texts / corpus.name).string()},
               {"here", local.here}};
  if (local.fetched)
    json["fetched"] = {{"version", local.version}, {"documents", local.documents}, {"bytes", local.bytes}};
  return json;
}

std::string fetched_text(const CatalogCorpus& corpus, const LocalCorpus& local, const fs::path& texts,
                         bool before) {
  const std::string folder = (texts / corpus.name).string();
  const std::string end = before ? ", already there" : "";
  if (!local.fetched)
    return fmt::format("{}: {}, put there by other means; left as it is\n", corpus.name, folder);
  return fmt::format("{}: {} documents, {} in {}{}\n", corpus.name, local.documents,
                     text::bytes_text(static_cast<std::uint64_t>(local.bytes)), folder, end);
}

// Those that were named, once each: an unknown name is said before anything is fetched.
std::vector<const CatalogCorpus*> named_corpora(const Command& command,
                                                const std::vector<CatalogCorpus>& catalog) {
  std::vector<const CatalogCorpus*> named;
  for (const std::string& name : command.arguments) {
    const CatalogCorpus* corpus = &find_corpus(catalog, name);
    if (std::find(named.begin(), named.end(), corpus) == named.end()) named.push_back(corpus);
  }
  if (command.has("package") && named.size() != 1)
    throw Failure(ExitCode::usage,
                  fmt::format("--package is the package of one corpus, and {} are named", named.size()));
  if (const std::optional<std::string> file = command.value("package")) {
    std::error_code error;
    if (!fs::is_regular_file(*file, error))
      throw Failure(ExitCode::usage,
                    fmt::format("--package names '{}' when it should name a file, that of {}", *file,
                                named.front()->package_text()));
  }
  return named;
}

}  // namespace

ExitCode run_data_list(const Command& command) {
  const fs::path texts = text_folder_of(command);
  std::string text;
  Json json = Json::array();
  for (const CatalogCorpus& corpus : catalog_of(command)) {
    const LocalCorpus local = local_corpus(corpus, texts);
    text += list_text(corpus, local, texts);
    json.push_back(json_of(corpus, local, texts));
  }
  print_answer(command.json() ? json.dump(2) + "\n" : text::printable(text));
  return ExitCode::ok;
}

ExitCode run_data_fetch(const Command& command) {
  const std::vector<CatalogCorpus> catalog = catalog_of(command);
  const std::vector<const CatalogCorpus*> named = named_corpora(command, catalog);
  take_stop_signals();
  FetchSettings settings;
  settings.texts = text_folder_of(command);
  settings.package = command.value("package").value_or("");
  settings.reader = program_folders().data / "text_from_packages.py";
  settings.stopped = [] { return stop_asked != 0; };
  settings.tell = print_talk;
  Json json = Json::array();
  for (const CatalogCorpus* corpus : named) {
    LocalCorpus local = local_corpus(*corpus, settings.texts);
    const bool before = local.here;
    if (!before) {
      if (settings.package.empty())
        print_talk(fmt::format("{}: fetching {} ({})", corpus->name, corpus->package_text(),
                               text::bytes_text(static_cast<std::uint64_t>(corpus->download))));
      local = fetch_corpus_in_library(*corpus, settings);
    }
    json.push_back(json_of(*corpus, local, settings.texts));
    if (!command.json()) print_answer(text::printable(fetched_text(*corpus, local, settings.texts, before)));
  }
  if (command.json()) print_answer(json.dump(2) + "\n");
  return ExitCode::ok;
}

}  // namespace gistmill
