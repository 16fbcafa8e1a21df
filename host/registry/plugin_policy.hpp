// Which plugins may be used on this machine, whatever recipes name: a file of the user or the administrator.
//   allow = ["contrastive", "sha256:9f86d0..."]   # where it is given, no others but the program's own
//   deny  = ["sharp-margin"]                      # none of these, wherever it lies
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/diagnostic/failure.hpp"
#include "host/recipe/value.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

class PluginPolicy {
 public:
  PluginPolicy() = default;  // every plugin may be used

  // Throws Failure (ExitCode::plugin) where the file cannot be read or says something else, at its place.
  explicit PluginPolicy(const std::filesystem::path& file);

  // That of $GISTMILL_PLUGIN_POLICY, whose file must be there, else of plugins.toml in the user's folder of
  // settings; every plugin where there is none.
  static PluginPolicy of_user();

  // Why `plugin` may not be used; empty where it may. Throws Failure where its digest is asked for and it
  // cannot be read.
  std::string reason_against(const PluginFile& plugin) const;

 private:
  struct Entry {
    std::string text;  // the name of a plugin, or "sha256:" and the digest of its file
    Origin origin;
    bool is(const PluginFile& plugin) const;
  };
  static std::vector<Entry> entries_of(const Value& list, const char* key);

  std::optional<std::vector<Entry>> allow_;
  std::vector<Entry> deny_;
  Origin origin_;  // of allow
};

}  // namespace gistmill
