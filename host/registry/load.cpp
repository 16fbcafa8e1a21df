// Loading a plugin, in the order in which each check is safe: what the manifest and the ELF file say first,
// then the library. What is loaded stays until the process has ended: tensors and autograd nodes that
// outlive everything else point into it.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>  // before Boost.DLL, which needs it and forgets to include it

#define BOOST_DLL_USE_STD_FS
#include <fmt/format.h>
#include <boost/dll/shared_library.hpp>

#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"
#include "host/installation/libtorch.hpp"
#include "host/installation/linker_message.hpp"
#include "host/registry/description.hpp"
#include "host/registry/plugin_fit.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {
namespace {

// A library that passed every check.
struct Library {
  gm_component_interface interface {};
  std::shared_ptr<LibraryDigest> digest;
};

// Never destroyed: exit must not unload either.
std::deque<boost::dll::shared_library>& open_handles() {
  static auto* const handles = new std::deque<boost::dll::shared_library>;
  return *handles;
}

// By absolute path.
std::map<std::string, Library>& loaded_libraries() {
  static auto* const libraries = new std::map<std::string, Library>;
  return *libraries;
}

struct Sink : gm_error {
  Sink() : gm_error{sizeof(gm_error), this, &Sink::take} {}

  static void take(gm_error* self, gm_status, const char* text, const char*) {
    static_cast<Sink*>(self->context)->message = text == nullptr ? "" : text;
  }

  std::string message;
};

class Loader {
 public:
  Loader(const PluginFile& file, const gm_host& host)
      : file_(file), host_(host), place_{file.path.string(), 0, 0} {}

  Library load() const {
    check_fit(file_);
    Library library;
    library.digest = file_.digest;
    library.digest->hold();
    const gm_entry& entry = find_entry(open());
    check_entry(entry);
    initialize(entry);
    library.interface = interface_of(entry);
    check_description(library.interface, file_.manifest, place_);
    return library;
  }

 private:
  boost::dll::shared_library& open() const {
    if (file_.manifest.tier == "libtorch") load_libtorch();
    try {
      using boost::dll::load_mode::rtld_local;
      using boost::dll::load_mode::rtld_now;
      return open_handles().emplace_back(std::filesystem::absolute(file_.path), rtld_now | rtld_local);
    } catch (const std::exception& error) {
      std::vector<std::string> advice = {"see that the libraries it needs are found: ldd " +
                                         file_.path.string()};
      if (file_.manifest.tier == "libtorch") {
        if (auto torch = libtorch_advice(); !torch.empty()) advice = std::move(torch);
      }
      throw Failure(ExitCode::plugin, place_, fmt::format("cannot be loaded: {}", linker_message(error)),
                    std::move(advice));
    }
  }

  const gm_entry& find_entry(boost::dll::shared_library& library) const {
    if (!library.has("gm_plugin")) {
      refuse("it exports no symbol gm_plugin",
             "define it with GISTMILL_PLUGIN(...), once, in one source file");
    }
    return library.get<const gm_entry>("gm_plugin");
  }

  void check_entry(const gm_entry& entry) const {
    constexpr std::size_t kNeeded = offsetof(gm_entry, get_interface) + sizeof entry.get_interface;
    if (entry.struct_size >= offsetof(gm_entry, abi_minor_required) && entry.abi_major != GM_ABI_MAJOR) {
      refuse(fmt::format("built for ABI {}.{} when this program has ABI {}.{}", entry.abi_major,
                         entry.abi_minor, GM_ABI_MAJOR, GM_ABI_MINOR),
             fmt::format("rebuild it with the SDK of gistmill {}", GM_VERSION));
    }
    if (entry.struct_size < kNeeded) {
      refuse(fmt::format("its gm_plugin has {} bytes when it should have {} or more", entry.struct_size,
                         kNeeded),
             fmt::format("rebuild it with the SDK of gistmill {}", GM_VERSION));
    }
    if (entry.abi_minor_required > GM_ABI_MINOR) {
      refuse(fmt::format("needs ABI {}.{} or later when this program has ABI {}.{}", entry.abi_major,
                         entry.abi_minor_required, GM_ABI_MAJOR, GM_ABI_MINOR),
             "use a later gistmill, or " + fmt::format("rebuild it with the SDK of gistmill {}", GM_VERSION));
    }
    if (entry.manifest == nullptr || file_.manifest.text != entry.manifest) {
      refuse("its gm_plugin.manifest differs from the manifest in section .gistmill",
             "set gm_plugin.manifest to gistmill_manifest");
    }
    if (entry.get_interface == nullptr) refuse("its gm_plugin.get_interface is null", "define it");
  }

  void initialize(const gm_entry& entry) const {
    if (entry.init == nullptr) return;
    Sink sink;
    if (entry.init(&host_, &sink) == GM_OK) return;
    refuse(fmt::format("its init failed: {}", sink.message.empty() ? "it gave no reason" : sink.message),
           "ask its author, or leave the component out of the recipe");
  }

  // The plugin's table in the size that this host knows: what an older plugin does not have is null.
  gm_component_interface interface_of(const gm_entry& entry) const {
    const void* found = entry.get_interface(GM_COMPONENT_INTERFACE);
    if (found == nullptr) {
      refuse(fmt::format("it does not offer the interface {}", GM_COMPONENT_INTERFACE),
             fmt::format("rebuild it with the SDK of gistmill {}", GM_VERSION));
    }
    std::uint32_t size = 0;
    std::memcpy(&size, found, sizeof size);
    gm_component_interface interface {};
    std::memcpy(&interface, found, std::min<std::size_t>(size, sizeof interface));
    interface.struct_size = sizeof interface;
    const std::pair<const char*, bool> required[] = {
        {"count", interface.count != nullptr},   {"describe", interface.describe != nullptr},
        {"create", interface.create != nullptr}, {"destroy", interface.destroy != nullptr},
        {"start", interface.start != nullptr},   {"forward", interface.forward != nullptr}};
    for (const auto& [name, present] : required) {
      if (!present) refuse(fmt::format("its {} lacks {}", GM_COMPONENT_INTERFACE, name), "define it");
    }
    if (interface.extension == nullptr) {
      interface.extension = [](gm_instance*, const char*) -> const void* { return nullptr; };
    }
    return interface;
  }

  [[noreturn]] void refuse(const std::string& message, const std::string& remedy) const {
    throw Failure(ExitCode::plugin, place_, message, {remedy});
  }

  const PluginFile& file_;
  const gm_host& host_;
  Origin place_;
};

}  // namespace

const PluginFile& Registry::file_or_refuse(std::string_view component) const {
  const PluginFile* file = file_of(component);
  if (file != nullptr) return *file;
  std::vector<std::string> notes = {suggestion(component, "the registry", component_names())};
  for (const RefusedFile& other : refused()) {
    notes.push_back(fmt::format("refused {}: {}", other.path.string(), other.reason));
  }
  throw Failure(ExitCode::plugin, fmt::format("no plugin offers '{}'", component), std::move(notes));
}

LoadedComponent Registry::unloaded(std::string_view component) const {
  const PluginFile& file = file_or_refuse(component);
  std::vector<std::filesystem::path> folders;
  for (const std::filesystem::path& folder : folders_) folders.push_back(std::filesystem::absolute(folder));
  return {file.manifest.component(component), &file, nullptr, file.digest, std::move(folders)};
}

LoadedComponent Registry::load(std::string_view component, const gm_host& host) {
  const PluginFile* const file = &file_or_refuse(component);
  auto& libraries = loaded_libraries();
  const std::string identity = std::filesystem::absolute(file->path).lexically_normal().string();
  auto library = libraries.find(identity);
  if (library == libraries.end()) library = libraries.emplace(identity, Loader(*file, host).load()).first;
  return {file->manifest.component(component), file, &library->second.interface, library->second.digest, {}};
}

}  // namespace gistmill
