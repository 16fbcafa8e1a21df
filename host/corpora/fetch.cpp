#include "host/corpora/fetch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/new_folder.hpp>
#include <gistmill/text/shown.hpp>

#include "host/corpora/download.hpp"
#include "host/corpora/helper_program.hpp"
#include "host/corpora/package_form.hpp"
#include "host/corpora/unpack.hpp"
#include "host/files/digest.hpp"
#include "host/files/filled_folder.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"
#include "host/recipe/value.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

fs::path existing_above(fs::path folder) {
  folder = fs::absolute(folder);
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

void check_room(const CatalogCorpus& corpus, const fs::path& texts) {
  std::error_code unknown;
  const fs::space_info space = fs::space(existing_above(texts), unknown);
  if (unknown) return;
  // Package and files are there at once; for a reader, what it reads and what it writes.
  const auto needed = static_cast<std::uint64_t>(corpus.download) +
                      static_cast<std::uint64_t>(corpus.bytes) * (corpus.reader.empty() ? 1 : 2);
  if (space.available >= needed) return;
  throw Failure(ExitCode::failed,
                fmt::format("no room for {}: {} are needed, {} are free where {} lies", corpus.name,
                            text::bytes_text(needed, text::Rounding::up),
                            text::bytes_text(space.available, text::Rounding::down), texts.string()),
                {"free some, or name a folder on another disk with --folder DIR"});
}

struct Checked {
  std::string version, sha256;
};

[[noreturn]] void refuse_digest(const CatalogCorpus& corpus, const std::string& found) {
  throw Failure(
      ExitCode::failed,
      fmt::format("the package of {} has sha256 {} when the catalog says {}; nothing of it was kept",
                  corpus.package_text(), found, corpus.sha256),
      {"it was damaged on its way, or somebody changed it: fetch it again from another network or mirror"});
}

// A file that the user named is a matter of the command line.
void check_form(const CatalogCorpus& corpus, const fs::path& package, const FetchSettings& settings) {
  const std::string other = other_form(package, corpus.source);
  if (other.empty()) return;
  const bool named = !settings.package.empty();
  throw Failure(named ? ExitCode::usage : ExitCode::failed, fmt::format("{} {}", package.string(), other),
                {named ? fmt::format("name the file of {} with --package FILE, or leave the option out and "
                                     "it is downloaded; nothing was kept",
                                     corpus.package_text())
                       : "fetch it again from another network or mirror; nothing of it was kept"});
}

// The catalog's package, or another version of it, which apt has checked against Debian's signature.
Checked check_package(const CatalogCorpus& corpus, const fs::path& package, const FetchSettings& settings) {
  Checked checked{corpus.version, sha256_file(package)};
  if (checked.sha256 == corpus.sha256) return checked;
  check_form(corpus, package, settings);
  if (corpus.source == PackageSource::pypi) refuse_digest(corpus, checked.sha256);
  const DebianControl control = read_control(package);
  if (control.package != corpus.package)
    throw Failure(ExitCode::failed, fmt::format("{} is the package '{}' when {} is of '{}'", package.string(),
                                                control.package, corpus.name, corpus.package));
  checked.version = control.version;
  if (control.version != corpus.version) {
    settings.tell(
        fmt::format("warning: {} is version {}, the catalog's figures are of {}: documents and tokens may "
                    "differ. That version is kept at https://snapshot.debian.org/package/; its file is "
                    "taken with --package FILE",
                    corpus.package, control.version, corpus.version));
  } else if (control.architecture == corpus.architecture) {
    refuse_digest(corpus, checked.sha256);
  }
  return checked;
}

// The reader makes text of what was unpacked, and counts.
Unpacked read_text(const CatalogCorpus& corpus, const fs::path& unpacked, const fs::path& folder,
                   const FetchSettings& settings) {
  const HelperEnd end = run_helper({"python3", settings.reader.string(), corpus.reader,
                                    fs::absolute(unpacked).string(), fs::absolute(folder).string()},
                                   folder, settings.stopped);
  if (end.code == 127)
    throw Failure(ExitCode::failed,
                  fmt::format("python3 was not found, which reads the text of {}", corpus.package));
  if (end.code != 0)
    throw Failure(ExitCode::failed,
                  fmt::format("the text of {} could not be read; nothing of it was kept", corpus.package),
                  end.last_lines(4));
  Unpacked text;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ++text.files;
    text.bytes += static_cast<std::int64_t>(entry.file_size());
  }
  return text;
}

std::string source_text(const CatalogCorpus& corpus, const Checked& package, const Unpacked& text) {
  return fmt::format(
      "# Fetched by gistmill data fetch {}.\ntitle = {}\nlicense = {}\npackage = {}\nversion = {}\nsha256 = "
      "{}\n"
      "documents = {}\nbytes = {}\n",
      corpus.name, string_text(corpus.title), string_text(corpus.license), string_text(corpus.package),
      string_text(package.version), string_text(package.sha256), text.files, text.bytes);
}

void sync_all_below(const fs::path& folder) {
  const files::Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.open() || syncfs(opened.get()) != 0) throw files::FileError("make durable", folder, errno);
}

// All of it, into the folder in the making. What is of no use later lies in `work`.
void make(const CatalogCorpus& corpus, const fs::path& folder, const FetchSettings& settings) {
  const fs::path work = folder / ".work";
  make_folders(work);
  const fs::path package =
      settings.package.empty() ? download(corpus, work, settings.stopped) : fs::absolute(settings.package);
  const Checked checked = check_package(corpus, package, settings);
  Unpacked text;
  if (corpus.reader.empty()) {
    text = unpack(corpus, package, folder, settings.limits, settings.stopped);
  } else {
    unpack(corpus, package, work / "unpacked", settings.limits, settings.stopped);
    text = read_text(corpus, work / "unpacked", folder, settings);
    if (fs::exists(work / "unpacked" / kLicenseFolder))
      fs::rename(work / "unpacked" / kLicenseFolder, folder / kLicenseFolder);
  }
  if (text.files == 0)
    throw Failure(ExitCode::failed,
                  fmt::format("{} {} holds no file that {} is made of; nothing of it was kept",
                              corpus.package, checked.version, corpus.name));
  fs::remove_all(work);
  write_file_atomically(folder / kSourceFile, source_text(corpus, checked, text));
  sync_all_below(folder);
}

}  // namespace

LocalCorpus fetch_corpus(const CatalogCorpus& corpus, const FetchSettings& settings) {
  check_room(corpus, settings.texts);
  or_failure([&] {
    files::NewFolder folder(settings.texts / corpus.name);
    fill(folder, [&] { make(corpus, folder.path(), settings); });
    folder.commit();
  });
  return local_corpus(corpus, settings.texts);
}

}  // namespace gistmill
