// A role's contract: the operations and ports that make its components interchangeable. Data from
// <role>.toml; a role without a file is allowed and promises nothing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/registry/manifest.hpp"

namespace gistmill {

struct RoleOperation {
  OperationSpec spec;
  bool required = true;  // else: where a component offers it, it has these ports
};

struct Role {
  std::string name;  // the file's: "gistnet"
  std::string doc;
  std::vector<RoleOperation> operations;
};

// `text` as a role file; `source` names it in errors. Throws Failure (ExitCode::plugin).
Role parse_role(std::string_view text, const std::string& name, const std::string& source);

// Every <role>.toml of `folder`, by name; none where there is no such folder.
std::vector<Role> load_roles(const std::filesystem::path& folder);

// Throws Failure (ExitCode::plugin) where `component` lacks what the role requires. A component may leave
// inputs unread and may have more ports and operations than the role names.
void check_role(const ComponentSpec& component, const Role& role);

}  // namespace gistmill
