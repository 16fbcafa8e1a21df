// The libraries of a search and what their manifests say. A manifest is parsed when something that it may
// hold is asked for, for parsing all takes longer than the rest of a start. Answers are as if all had been
// parsed at once: a manifest is passed over only where its text cannot have the key.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/registry/contract.hpp"
#include "host/registry/manifest_keys.hpp"
#include "host/registry/plugin_policy.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// For any thread. Files live as long as this.
class FoundPlugins {
 public:
  // Reads the text of each manifest now. `refused`: what was refused before.
  FoundPlugins(const std::vector<std::filesystem::path>& libraries, std::vector<Contract> contracts,
               PluginPolicy policy, std::vector<RefusedFile> refused);
  // One plugin, whose manifest is parsed.
  FoundPlugins(std::unique_ptr<PluginFile> plugin, std::vector<RefusedFile> refused);

  // The first that offers the component, or null.
  const PluginFile* offering(std::string_view component);
  // Those whose manifests may have all of these keys, in the order of the search.
  std::vector<const PluginFile*> having(const std::vector<std::string>& keys);

  const std::vector<const PluginFile*>& all();
  const std::vector<RefusedFile>& refused();

  std::size_t parsed();  // manifests, by now

 private:
  // A library, and what became of its manifest.
  struct Candidate {
    std::filesystem::path path;
    std::string text;                  // of the manifest
    ManifestKeys keys{""};             // of `text`
    std::unique_ptr<PluginFile> file;  // once it is parsed
    std::string refused;               // why it is no usable plugin; empty: it is, or is not parsed yet

    bool is_done() const { return file != nullptr || !refused.empty(); }
  };

  void parse(Candidate& candidate) const;
  void parse_all();
  const PluginFile* usable(Candidate& candidate) const;  // null where it is refused

  const std::vector<Contract> contracts_;
  const PluginPolicy policy_;
  std::mutex mutex_;
  std::vector<Candidate> candidates_;
  std::vector<RefusedFile> refused_;
  std::vector<const PluginFile*> all_;
  bool is_complete_ = false;
};

}  // namespace gistmill
