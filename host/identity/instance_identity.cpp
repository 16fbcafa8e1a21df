// See instance_identity.hpp.
#include "host/identity/instance_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "host/files/digest.hpp"

namespace gistmill {

namespace {

bool names_files(const PlannedInstance& planned, const PlannedOption& option) {
  const OptionType type = planned.spec->option(option.key)->type;
  return type == OptionType::path || type == OptionType::paths || type == OptionType::prepared ||
         type == OptionType::mixture;
}

nlohmann::json options_of(const PlannedInstance& planned) {
  nlohmann::json options = nlohmann::json::object();
  for (const PlannedOption& option : planned.options) {
    // The contents say which corpora a mixture has, in the order of its weights.
    if (const auto* mixture = std::get_if<Mixture>(&option.value); mixture != nullptr && mixture->size() > 1)
      options[option.key] = mixture->weights;
    if (names_files(planned, option)) continue;
    std::visit([&](const auto& value) { options[option.key] = value; }, option.value);
  }
  return options;
}

}  // namespace

nlohmann::json identity_of(const Instance& instance) {
  const PluginFile& file = *instance.component().file;
  return {{"component", instance.planned().spec->name},
          {"plugin", fmt::format("{} {}", file.manifest.name, file.manifest.version)},
          {"build", instance.component().digest->hex()},
          {"options", options_of(instance.planned())},
          {"contents", instance.digest()}};
}

std::string digest_of(const nlohmann::json& identity) { return sha256_hex(identity.dump()); }

bool reads_unnamed_contents(const Instance& instance) {
  const PlannedInstance& planned = instance.planned();
  const bool reads =
      std::any_of(planned.options.begin(), planned.options.end(), [&](const PlannedOption& option) {
        return names_files(planned, option) && option.value != OptionValue(std::string()) &&
               option.value != OptionValue(std::vector<std::string>());
      });
  return reads && instance.digest().empty();
}

}  // namespace gistmill
