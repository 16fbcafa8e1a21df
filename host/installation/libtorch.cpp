// Loading LibTorch by its path. Libraries that are loaded later find it by its name, whatever their run path
// says. By hand: Boost.DLL cannot ask whether a library is loaded without loading it.
#include "host/installation/libtorch.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include "host/diagnostic/failure.hpp"
#include "host/installation/folders.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "GISTMILL_TORCH_ROOT";
constexpr const char* kLibrary = "libtorch_cpu.so";
constexpr std::string_view kVersion = GISTMILL_TORCH_VERSION;  // empty in a build without LibTorch

fs::path library_of(const fs::path& root) { return root / "lib" / kLibrary; }

bool is_loaded() { return dlopen(kLibrary, RTLD_NOW | RTLD_NOLOAD) != nullptr; }

bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::exists(file, error);
}

// secure_getenv answers null to a privileged process, which must not load what its caller names.
fs::path root_from_environment() {
  const char* const root = ::secure_getenv(kVariable);
  return root == nullptr ? "" : root;
}

// "no such file", with where a link on the way leads.
std::string absence_of(const fs::path& root) {
  std::error_code error;
  const fs::path target = fs::read_symlink(root, error);
  const std::string link = error ? "" : fmt::format(" ({} is a link to {})", root.string(), target.string());
  return fmt::format("there is no {}{}", library_of(root).string(), link);
}

std::string version_problem(const fs::path& root, const std::string& version) {
  if (version.empty() || version == kVersion) return "";
  return fmt::format("LibTorch in {} is {} when this program was built with {}", root.string(), version,
                     kVersion);
}

// The first folder that the dynamic linker would find the library in by its variable; empty: none.
fs::path root_from_linker() {
  const char* const list = ::secure_getenv("LD_LIBRARY_PATH");
  std::istringstream folders(list == nullptr ? "" : list);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && is_there(fs::path(folder) / kLibrary)) return fs::path(folder).parent_path();
  }
  return "";
}

FoundLibtorch found_in(FoundLibtorch::By by, const fs::path& root) {
  const std::string version = libtorch_version(root);
  return {by, root, version, is_there(root / "lib/libtorch_cuda.so"), version_problem(root, version)};
}

}  // namespace

std::string how_to_say_where_libtorch_is() {
  return fmt::format(
      "set {} to the folder that has LibTorch {} in lib/ (of a wheel: <site-packages>/torch), or "
      "make {} a link to it",
      kVariable, kVersion, program_folders().torch.string());
}

FoundLibtorch find_libtorch() {
  using By = FoundLibtorch::By;
  const fs::path linked = program_folders().torch;
  if (kVersion.empty()) return {By::nothing, linked, "", false, "this program was built without LibTorch"};
  const fs::path chosen = root_from_environment();
  if (!chosen.empty() && !is_there(library_of(chosen))) {
    return {By::variable, chosen, "", false,
            fmt::format("LibTorch was not found in {}: {}", kVariable, absence_of(chosen))};
  }
  if (!chosen.empty()) return found_in(By::variable, chosen);
  if (is_there(library_of(linked))) return found_in(By::link, linked);
  const fs::path other = root_from_linker();
  if (!other.empty()) return found_in(By::linker, other);
  return {By::nothing, linked, "", false, fmt::format("LibTorch was not found: {}", absence_of(linked))};
}

void load_libtorch() {
  using By = FoundLibtorch::By;
  if (kVersion.empty() || is_loaded()) return;
  const FoundLibtorch found = find_libtorch();
  if (found.by == By::nothing || found.by == By::linker) return;
  if (!found.problem.empty())
    throw Failure(ExitCode::failed, found.problem, {how_to_say_where_libtorch_is()});
  if (dlopen(library_of(found.root).c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) return;
  throw Failure(ExitCode::failed, fmt::format("LibTorch cannot be loaded: {}", dlerror()),
                {how_to_say_where_libtorch_is()});
}

std::vector<std::string> libtorch_advice() {
  if (kVersion.empty() || is_loaded()) return {};
  return {fmt::format("LibTorch was not found: {}", absence_of(program_folders().torch)),
          how_to_say_where_libtorch_is()};
}

std::string libtorch_version(const fs::path& root) {
  std::ifstream header(root / "include/torch/headeronly/version.h");
  std::string version;
  std::string word;
  while (header >> word) {
    if (word != "TORCH_VERSION_MAJOR" && word != "TORCH_VERSION_MINOR" && word != "TORCH_VERSION_PATCH")
      continue;
    std::string number;
    if (!(header >> number) || number.find_first_not_of("0123456789") != std::string::npos) continue;
    version += (version.empty() ? "" : ".") + number;
  }
  return version;
}

}  // namespace gistmill
