// See given_files.hpp.
#include "host/prepare/given_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "host/diagnostic/failure.hpp"
#include "host/identity/instance_identity.hpp"
#include "host/instance/instance.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/prepare/awaited_parameters.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDigits = 12;

// An instance's option for a pipeline, which is empty, and that for a file, which is given; null where it has
// no such two.
struct GivenFile {
  const PlannedOption* pipeline = nullptr;
  const PlannedOption* file = nullptr;
};

GivenFile given_file(const PlannedInstance& instance) {
  GivenFile given;
  for (const PlannedOption& option : instance.options) {
    const OptionType type = instance.spec->option(option.key)->type;
    const auto* text = std::get_if<std::string>(&option.value);
    if (text == nullptr) continue;
    if (type == OptionType::prepared && text->empty()) given.pipeline = &option;
    if (type == OptionType::path && !text->empty()) given.file = &option;
  }
  return given;
}

std::string text_or_empty(const Json& maker, const char* key) {
  const auto found = maker.find(key);
  return found != maker.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What made a file, or would make it now.
struct Maker {
  std::string component;
  std::string options;  // JSON
  std::string contents;
  std::string parameters;  // digest; empty: untrained

  bool operator==(const Maker& other) const {
    return component == other.component && contents == other.contents && parameters == other.parameters &&
           (!contents.empty() || !parameters.empty() || options == other.options);
  }
  // "gistnet/refine trained to 3c1f00aa90b2"
  std::string text() const {
    std::string said = component;
    if (!contents.empty()) said += " of " + contents.substr(0, kDigits);
    if (!parameters.empty()) said += " trained to " + parameters.substr(0, kDigits);
    if (parameters.empty() && contents.empty()) said += " " + options + " without training";
    return said;
  }
};

Maker maker_of(const Json& made) {
  return {text_or_empty(made, "component"), made.value("options", Json::object()).dump(),
          text_or_empty(made, "contents"), text_or_empty(made, "parameters")};
}

class GivenFileCheck {
 public:
  GivenFileCheck(const std::vector<Part>& parts, std::size_t index, Registry& registry,
                 const StartingPoints* starting)
      : parts_(parts), index_(index), plan_(parts[index].plan), registry_(registry), starting_(starting) {}

  void check(const PlannedInstance& reader, const GivenFile& given) {
    const Json description = make(reader)->describe();
    const auto made_by = description.find("made_by");
    if (made_by == description.end() || !made_by->is_object()) return;
    for (const auto& [name, made] : made_by->items()) {
      const PlannedInstance* now = plan_.instance(name);
      if (now == nullptr || !made.is_object()) continue;
      const Maker then = maker_of(made);
      const std::string awaited = starting_ == nullptr ? awaited_stage(parts_, index_, *now) : "";
      if (!awaited.empty() && !then.parameters.empty()) continue;  // the part that reads it looks again
      std::string from;
      Maker wanted = maker_now(*now, from);
      if (awaited.empty() && then == wanted) continue;
      if (!awaited.empty()) from = fmt::format(", which stage {} trains", awaited);
      refuse(given, name, then.text(), wanted.text() + from, text_or_empty(description, "taken_by"));
    }
  }

 private:
  std::unique_ptr<Instance> make(const PlannedInstance& planned) {
    return std::make_unique<Instance>(planned, registry_.load(planned.spec->name, plugin_host()),
                                      plugin_host());
  }

  // `from`: ", from stage refine, step 190".
  Maker maker_now(const PlannedInstance& planned, std::string& from) {
    const auto instance = make(planned);
    Maker maker = maker_of(Json::parse(identity_of(*instance).dump()));
    if (!planned.spec->parameters) return maker;
    const auto start = starting_ == nullptr ? named_parameters(planned) : (*starting_)(planned);
    if (!start) return maker;
    maker.parameters = digest_of(*start);
    from = ", from " + start->text;
    return maker;
  }

  [[noreturn]] static void refuse(const GivenFile& given, const std::string& name, const std::string& then,
                                  const std::string& now, const std::string& taken_by) {
    std::vector<std::string> notes = {
        fmt::format("name the pipeline that makes it in `{}`, in place of `{}`: then it is made anew",
                    given.pipeline->key, given.file->key)};
    if (!taken_by.empty()) notes.push_back(fmt::format("{} takes it as it is", taken_by));
    throw Failure(ExitCode::recipe, given.file->origin,
                  fmt::format("{} was made with another {} than this run has: {}, not {}",
                              std::get<std::string>(given.file->value), name, then, now),
                  notes);
  }

  const std::vector<Part>& parts_;
  std::size_t index_;
  const Plan& plan_;
  Registry& registry_;
  const StartingPoints* starting_;
};

}  // namespace

void check_given_files(const std::vector<Part>& parts, std::size_t index, Registry& registry,
                       const StartingPoints* starting) {
  const Plan& plan = parts[index].plan;
  std::vector<std::uint8_t> used(plan.instances.size(), 0);
  if (!plan.trained.empty()) plan.pipeline(plan.trained)->mark_used(used);
  for (const PlannedEvaluation& evaluation : plan.evaluations) {
    for (const PlannedVariant& variant : evaluation.variants) variant.pipeline.mark_used(used);
  }
  GivenFileCheck look(parts, index, registry, starting);
  for (std::size_t i = 0; i < used.size(); ++i) {
    const GivenFile given = given_file(plan.instances[i]);
    if (used[i] != 0 && given.pipeline != nullptr && given.file != nullptr)
      look.check(plan.instances[i], given);
  }
}

void check_given_files(const std::vector<Part>& parts, Registry& registry) {
  for (std::size_t i = 0; i < parts.size(); ++i) check_given_files(parts, i, registry, nullptr);
}

}  // namespace gistmill
