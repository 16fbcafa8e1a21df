#include "host/registry/contract.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/toml.hpp"
#include "host/registry/manifest_options.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

std::vector<PortSpec> parse_ports(const Fields& operation, const char* kind) {
  std::vector<PortSpec> ports;
  const Value* table = operation.table(kind);
  if (!table) return ports;
  for (const auto& [name, value] : std::get<Value::Table>(table->data())) {
    const std::string path = operation.path_of(kind) + "." + name;
    const Fields fields(value, path, path, {"type", "gradient", "optional", "doc"}, ExitCode::plugin);
    PortSpec port;
    port.name = name;
    try {
      port.type = parse_port_type(fields.string("type"));
    } catch (const Failure& failure) {
      throw Failure(ExitCode::plugin, fields.required("type").origin(), failure.message(), failure.notes());
    }
    port.gradient = fields.boolean("gradient", false);
    port.optional = fields.boolean("optional", false);
    port.doc = fields.string("doc", "");
    ports.push_back(std::move(port));
  }
  return ports;
}

ContractOperation parse_operation(const std::string& name, const Value& value) {
  const std::string path = "operations." + name;
  const Fields fields(value, path, "[" + path + "]", {"doc", "required", "inputs", "outputs"},
                      ExitCode::plugin);
  ContractOperation operation;
  operation.spec.name = name;
  operation.spec.doc = fields.string("doc", "");
  operation.spec.inputs = parse_ports(fields, "inputs");
  operation.spec.outputs = parse_ports(fields, "outputs");
  operation.required = fields.boolean("required", true);
  return operation;
}

std::vector<Launcher> parse_launchers(const Fields& contract) {
  std::vector<Launcher> launchers;
  const Value::List* list = contract.list("launchers");
  if (list == nullptr) return launchers;
  for (const Value& value : *list) {
    if (!value.is_table()) contract.refuse(value, "launchers", "a list of tables: [[launchers]]");
    const Fields fields(value, "launchers", "[[launchers]]", {"name", "rank", "size"}, ExitCode::plugin);
    launchers.push_back({fields.string("name"), fields.string("rank"), fields.string("size")});
  }
  return launchers;
}

Contract read_contract(const fs::path& file) {
  std::string text;
  try {
    text = files::read_all(file);
  } catch (const files::FileError& error) {
    throw Failure(ExitCode::plugin, Origin{file.string(), 0, 0},
                  "the contract cannot be read: " + files::error_text(error.error),
                  {"see that it is a file that this user may read"});
  }
  const std::string name = file.stem().string();
  // As its own source: short, for each value of the tree has it twice, and find_contracts names the file.
  Contract contract = parse_contract(text, name, name);
  contract.file = file;
  return contract;
}

std::vector<fs::path> contract_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder / "contracts", error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".toml") files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

const OptionSpec* Contract::option(std::string_view key) const {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const OptionSpec& option) { return option.key == key; });
  return found == options.end() ? nullptr : &*found;
}

const Contract* find_contract(const std::vector<Contract>& contracts, std::string_view name) {
  const auto found = std::find_if(contracts.begin(), contracts.end(),
                                  [&](const Contract& contract) { return contract.name == name; });
  return found == contracts.end() ? nullptr : &*found;
}

Contract parse_contract(std::string_view text, const std::string& name, const std::string& source) {
  const Value value = parse_toml(text, source, ExitCode::plugin);
  const Fields fields(value, "", "a contract", {"doc", "options", "operations", "launchers"},
                      ExitCode::plugin);
  Contract contract;
  contract.name = name;
  contract.doc = fields.string("doc");
  if (const Value* options = fields.table("options")) {
    for (const auto& [key, option] : std::get<Value::Table>(options->data()))
      contract.options.push_back(read_option(key, option, "options"));
  }
  if (const Value* operations = fields.table("operations")) {
    for (const auto& [operation, entry] : std::get<Value::Table>(operations->data()))
      contract.operations.push_back(parse_operation(operation, entry));
  }
  contract.launchers = parse_launchers(fields);
  return contract;
}

std::vector<Contract> find_contracts(const std::vector<fs::path>& folders,
                                     std::vector<RefusedFile>& refused) {
  std::vector<Contract> contracts;
  std::vector<fs::path> seen;
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    for (const fs::path& file : contract_files(*folder)) {
      std::error_code error;
      const fs::path identity = fs::weakly_canonical(file, error);
      if (std::find(seen.begin(), seen.end(), identity) != seen.end()) continue;
      seen.push_back(identity);
      if (const Contract* first = find_contract(contracts, file.stem().string())) {
        refused.push_back(
            {file, fmt::format("there is a contract of this name already: {}", first->file.string())});
        continue;
      }
      try {
        contracts.push_back(read_contract(file));
      } catch (const Failure& failure) {
        const Origin& at = failure.origin();
        refused.push_back({file, fmt::format("{}:{}: {}", at.line, at.column, failure.message())});
      }
    }
  }
  return contracts;
}

}  // namespace gistmill
