#include "plugins/dataset/common/files.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include <glob.h>

#include <gistmill/plugin/values.hpp>

namespace gistmill::dataset {
namespace {

namespace fs = std::filesystem;

bool has_extension(const fs::path& path, const std::vector<std::string>& extensions) {
  return extensions.empty() ||
         std::find(extensions.begin(), extensions.end(), path.extension().string()) != extensions.end();
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

void add_folder(const fs::path& folder, const FileSelection& options, std::vector<CorpusFile>& files) {
  const fs::path top = folder.has_filename() ? folder.filename() : folder.parent_path().filename();
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code unreadable;  // of one entry: it is left out, as one that is no file
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(unreadable) && has_extension(entry->path(), options.extensions)) {
      files.push_back({(top / entry->path().lexically_relative(folder)).generic_string(), entry->path()});
    }
  }
  if (error) {
    throw Error(GM_ERROR_UNAVAILABLE, "cannot read folder '" + folder.string() + "': " + error.message(),
                "files");
  }
}

void add(const fs::path& path, const FileSelection& options, std::vector<CorpusFile>& files) {
  if (fs::is_directory(path)) {
    add_folder(fs::absolute(path).lexically_normal(), options, files);
  } else {
    files.push_back({path.filename().string(), path});
  }
}

std::vector<std::string> expand(const std::string& pattern) {
  glob_t found{};
  const int result = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + (result == 0 ? found.gl_pathc : 0));
  ::globfree(&found);
  return paths;
}

// " in '/home/x'" of a path that begins where the program was started.
std::string where_from(const std::string& path) {
  return fs::path(path).is_absolute() ? "" : " in '" + fs::current_path().string() + "'";
}

// Where `gistmill data fetch` puts a corpus.
std::string how_to_get(const std::string& path) {
  constexpr std::string_view kFetched = "data/text/";
  if (!path.starts_with(kFetched)) return "";
  const std::string name = path.substr(kFetched.size(), path.find('/', kFetched.size()) - kFetched.size());
  return "; if `gistmill data list` has it, `gistmill data fetch " + name + "` gets it";
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + ("'" + item + "'");
  return text;
}

}  // namespace

std::vector<CorpusFile> find_files(const FileSelection& options) {
  if (options.files.empty()) throw Error(GM_ERROR_USER, "no files are named", "files");
  std::vector<CorpusFile> files;
  for (const std::string& entry : options.files) {
    if (fs::exists(entry)) {  // first, so that a name with brackets is itself
      add(entry, options, files);
      continue;
    }
    if (entry.find_first_of("*?[") == std::string::npos) {
      throw Error(GM_ERROR_USER,
                  "there is no file or folder '" + entry + "'" + where_from(entry) + how_to_get(entry),
                  "files");
    }
    const std::vector<std::string> paths = expand(entry);
    if (paths.empty()) {
      throw Error(GM_ERROR_USER, "no file matches '" + entry + "'" + where_from(entry) + how_to_get(entry),
                  "files");
    }
    for (const std::string& path : paths) add(path, options, files);
  }
  if (files.empty()) {
    throw Error(GM_ERROR_USER,
                "no file in " + joined(options.files) + " ends in " + joined(options.extensions) +
                    how_to_get(options.files.front()),
                "files");
  }
  std::sort(files.begin(), files.end(), [](const CorpusFile& a, const CorpusFile& b) {
    return std::tie(a.name, a.path) < std::tie(b.name, b.path);
  });
  const auto same_file = [](const CorpusFile& a, const CorpusFile& b) {
    return a.name == b.name && fs::equivalent(a.path, b.path);
  };
  files.erase(std::unique(files.begin(), files.end(), same_file), files.end());
  const auto clash = std::adjacent_find(
      files.begin(), files.end(), [](const CorpusFile& a, const CorpusFile& b) { return a.name == b.name; });
  if (clash != files.end()) {
    throw Error(GM_ERROR_USER,
                "'" + clash->path.string() + "' and '" + std::next(clash)->path.string() +
                    "' would both be named '" + clash->name + "'; give a folder that holds both",
                "files");
  }
  return files;
}

}  // namespace gistmill::dataset
