#include <gistmill/formats/model_place.hpp>

#include <set>
#include <system_error>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/gguf_parts.hpp>

namespace gistmill::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNamed = 4;  // of many files

std::set<std::string> names_of(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (entry->path().extension() == ".gguf") names.insert(gguf_first_part(entry->path()).filename());
  }
  return names;
}

}  // namespace

std::string missing_model(const fs::path& path) {
  std::string message = "there is no such file or folder";
  const fs::path folder = path.parent_path();
  if (folder.filename() != "models" || folder.parent_path().filename() != "data") return message;
  return message + "; scripts/fetch-model.sh fetches the default model into data/models";
}

std::string gguf_files_in(const fs::path& folder) {
  const std::set<std::string> names = names_of(folder);
  if (names.empty()) return "";
  const std::string first = (folder / *names.begin()).string();
  if (names.size() == 1) return "holds a GGUF file, which is a model of its own; name it: " + first;
  std::string list;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count++ == kNamed) break;
    list += (list.empty() ? "" : ", ") + printable(name);
  }
  if (names.size() > kNamed) list += " and " + std::to_string(names.size() - kNamed) + " more";
  return "holds the GGUF files " + list + ", each a model of its own; name one, such as " + first;
}

}  // namespace gistmill::formats
