#include "plugins/store/focus-labels/identities.hpp"

#include <exception>

#include <gistmill/formats/digest.hpp>
#include <nlohmann/json.hpp>

namespace gistmill::labels {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDigits = 12;
constexpr char kUnknown[] = "unknown";

std::string found_role(const Json& made, const std::string& role) {
  for (const auto& [name, instance] : made.at("instances").items()) {
    const std::string component = instance.at("component");
    if (!component.starts_with(role + "/")) continue;
    return component + " " + instance.at("options").dump() + " with " +
           instance.at("contents").get<std::string>().substr(0, kDigits);
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

std::string identity_of_corpora(const std::string& provenance) {
  const Json made = Json::parse(provenance, nullptr, false);
  if (!made.is_object() || !made.contains("corpora")) return kUnknown;
  return formats::sha256_hex(made["corpora"].dump()).substr(0, kDigits);
}

}  // namespace gistmill::labels
