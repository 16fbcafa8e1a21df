// Contracts: the operations, ports and options that make components interchangeable. Data from
// contracts/<name>.toml in a plugin folder; the host knows none by name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/registry/manifest.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

struct ContractOperation {
  OperationSpec spec;    // inputs that are optional may be left unread, outputs that are optional unwritten
  bool required = true;  // else: where a component offers it, it has these ports
};

// The environment variables by which a launcher tells a process that it is one of several.
struct Launcher {
  std::string name;  // for people: "mpirun of Open MPI"
  std::string rank;  // of the process, from 0
  std::string size;  // how many there are
};

struct Contract {
  std::string name;  // the file's: "language-model"
  std::string doc;
  std::vector<OptionSpec> options;  // shared: a manifest takes one with { contract = "gistnet" }
  std::vector<ContractOperation> operations;
  std::vector<Launcher> launchers;  // of what joins processes: the first whose variables are set counts
  std::filesystem::path file;

  const OptionSpec* option(std::string_view key) const;
};

// The contract of this name, or null.
const Contract* find_contract(const std::vector<Contract>& contracts, std::string_view name);

// `text` as a contract file; `source` names it in errors. Throws Failure (ExitCode::plugin).
Contract parse_contract(std::string_view text, const std::string& name, const std::string& source);

// Every contracts/<name>.toml of `folders`. Of two with one name that of the later folder counts: the
// program's own folder is the last one of a search path, so that nobody changes what its components promise.
// What cannot be used goes to `refused`.
std::vector<Contract> find_contracts(const std::vector<std::filesystem::path>& folders,
                                     std::vector<RefusedFile>& refused);

}  // namespace gistmill
