#include "plugins/store/focus-labels/identities.hpp"

#include <exception>

#include <gistmill/formats/digest.hpp>
#include <gistmill/formats/json.hpp>
#include <nlohmann/json.hpp>

namespace gistmill::labels {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDigits = 12;
constexpr char kUnknown[] = "unknown";

// Digest of the parameters that an instance started from; empty: untrained.
std::string parameters_of(const Json& made, const std::string& instance) {
  return made.value("parameters", Json::object()).value(instance, std::string());
}

std::string found_role(const Json& made, const std::string& role) {
  for (const auto& [name, instance] : made.at("instances").items()) {
    const std::string component = instance.at("component");
    if (!component.starts_with(role + "/")) continue;
    const std::string trained = parameters_of(made, name);
    return component + " " + instance.at("options").dump() + " with " +
           instance.at("contents").get<std::string>().substr(0, kDigits) +
           (trained.empty() ? "" : " trained to " + trained.substr(0, kDigits));
  }
  return kUnknown;
}

}  // namespace

std::string identity_of_role(const std::string& provenance, const std::string& role) {
  try {
    return found_role(Json::parse(provenance), role);
  } catch (const std::exception&) {
    return kUnknown;
  }
}

std::string makers_of(const std::string& provenance) {
  Json makers = Json::object();
  try {
    const Json made = formats::parse_json(provenance, "provenance");
    for (const auto& [name, instance] : made.at("instances").items()) {
      const std::string component = instance.at("component");
      if (!component.starts_with("teacher/") && !component.starts_with("gistnet/")) continue;
      makers[name] = {{"component", component},
                      {"options", instance.at("options")},
                      {"contents", instance.at("contents")}};
      if (const std::string trained = parameters_of(made, name); !trained.empty())
        makers[name]["parameters"] = trained;
    }
  } catch (const std::exception&) {  // another program's
    return "{}";
  }
  return makers.dump();
}

std::string identity_of_corpora(const std::string& provenance) {
  const Json made = Json::parse(provenance, nullptr, false);
  if (!made.is_object() || !made.contains("corpora")) return kUnknown;
  return formats::sha256_hex(made["corpora"].dump()).substr(0, kDigits);
}

}  // namespace gistmill::labels
