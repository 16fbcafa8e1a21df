// Claims against contracts: by name, then port by port.
#include "host/registry/manifest_claims.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/registry/contract_check.hpp"

namespace gistmill {
namespace {

// `claim`: where the component says so.
const Contract& known_contract(const ComponentSpec& component, const std::string& name, const Origin& claim,
                               const std::vector<Contract>& contracts) {
  if (const Contract* contract = find_contract(contracts, name)) return *contract;
  std::vector<std::string> names;
  for (const Contract& contract : contracts) names.push_back(contract.name);
  throw Failure(ExitCode::plugin, claim,
                fmt::format("{} names the contract '{}', which does not exist", component.name, name),
                did_you_mean(name, names,
                             {names.empty() ? "no contracts were found"
                                            : fmt::format("there are: {}", fmt::join(names, " ")),
                              "a plugin brings one of its own in the folder contracts beside it"}));
}

}  // namespace

std::vector<std::string> read_fulfils(const Fields& fields, const ComponentSpec& component,
                                      const std::vector<Contract>& contracts) {
  const Value::List* claims = fields.list("fulfils");
  if (claims == nullptr) {
    return find_contract(contracts, component.role) == nullptr ? std::vector<std::string>{}
                                                               : std::vector{component.role};
  }
  std::vector<std::string> names = fields.strings("fulfils");
  for (std::size_t i = 0; i < names.size(); ++i)
    known_contract(component, names[i], (*claims)[i].origin(), contracts);
  return names;
}

OptionSpec take_option(const std::string& key, const Value& value, const std::string& path,
                       const ComponentSpec& component, const std::vector<Contract>& contracts) {
  const std::string own = fmt::format("{}.{}", path, key);
  const Fields fields(value, own, own, {"contract"}, ExitCode::plugin);
  const std::string name = fields.string("contract");
  const Origin& origin = fields.required("contract").origin();
  const Contract& contract = known_contract(component, name, origin, contracts);
  if (std::find(component.fulfils.begin(), component.fulfils.end(), name) == component.fulfils.end()) {
    throw Failure(ExitCode::plugin, origin,
                  fmt::format("{} takes the option '{}' of contract {}, which it does not fulfil",
                              component.name, key, name),
                  {fmt::format("add it: fulfils = [\"{}\"]", name)});
  }
  if (const OptionSpec* option = contract.option(key)) return *option;
  std::vector<std::string> keys;
  for (const OptionSpec& option : contract.options) keys.push_back(option.key);
  throw Failure(ExitCode::plugin, place_of(value), fmt::format("contract {} has no option '{}'", name, key),
                {suggestion(key, "contract " + name, std::move(keys))});
}

void check_claims(const Fields& fields, const Value& value, const ComponentSpec& component,
                  const std::vector<Contract>& contracts) {
  const Value::List* claims = fields.list("fulfils");
  for (std::size_t i = 0; i < component.fulfils.size(); ++i) {
    const Origin& claim = claims == nullptr ? place_of(value) : (*claims)[i].origin();
    check_contract(component, *find_contract(contracts, component.fulfils[i]), value, claim);
  }
}

}  // namespace gistmill
