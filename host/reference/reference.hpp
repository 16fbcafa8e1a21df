// The reference pages: what the program's own tables and the manifests of plugins say, as Markdown.
// Pages that explain are written by hand (docs/).
#pragma once

#include <string>
#include <vector>

#include "host/registry/contract.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

struct ReferencePage {
  std::string file;  // "components.md"
  std::string text;
};

// Title and note that every page begins with; `intro` follows.
std::string page_head(const std::string& title, const std::string& intro);

ReferencePage recipe_keys_page();
ReferencePage events_page();
ReferencePage exit_codes_page();
ReferencePage environment_page();
// Every component of the search path with its options, operations and ports.
ReferencePage components_page(const Registry& registry);
ReferencePage contracts_page(const std::vector<Contract>& contracts);

}  // namespace gistmill
