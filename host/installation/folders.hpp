// Where the parts of the program lie: bin/, lib/gistmill/ and share/gistmill/ of one folder, in a build as in
// an installation. Found from the running program alone, so that the folder may be moved.
#pragma once

#include <filesystem>
#include <string>

namespace gistmill {

struct ProgramFolders {
  std::filesystem::path libraries;  // lib/gistmill: parts of the program that are loaded on demand
  std::filesystem::path plugins;    // lib/gistmill/plugins, with contracts/ in it
  std::filesystem::path torch;      // lib/gistmill/torch: a link to LibTorch's folder, with lib/ in it
  std::filesystem::path recipes;    // share/gistmill/recipes: those that are shipped
  std::filesystem::path roles;      // share/gistmill/roles: what a new plugin of each role begins with
  std::filesystem::path
      data;  // share/gistmill/data: the catalog of corpora, and the reader of packages' text

  // "run": lib/gistmill/libgistmill-run.so
  std::filesystem::path library(const std::string& name) const {
    return libraries / ("libgistmill-" + name + ".so");
  }
};

// Of the user who runs the program, as the XDG Base Directory Specification has them.
struct UserFolders {
  std::filesystem::path plugins;   // $XDG_DATA_HOME/gistmill/plugins; ~/.local/share without the variable
  std::filesystem::path settings;  // $XDG_CONFIG_HOME/gistmill; ~/.config without the variable
};

// Paths only. Empty ones without a home, and for a privileged process, which must not use what its caller
// names.
UserFolders user_folders();

// Paths only: nothing is looked at. A link to the program is followed, so that one in another bin/ does.
ProgramFolders program_folders();

}  // namespace gistmill
