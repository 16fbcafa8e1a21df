// See prepare_recipe.hpp.
#include "host/prepare/prepare_recipe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/instance/call_watch.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/plan/options.hpp"
#include "host/prepare/awaited_parameters.hpp"
#include "host/prepare/measured_text.hpp"

namespace gistmill {

namespace {

// While it lives, plugins talk to this listener.
class PluginsTalk {
 public:
  explicit PluginsTalk(const PrepareListener& listener) {
    set_plugin_listener(
        [&listener](std::string_view level, const std::string& text, const std::string& instance) {
          listener.message(level, instance.empty() ? text : instance + ": " + text);
        });
  }
  PluginsTalk(const PluginsTalk&) = delete;
  PluginsTalk& operator=(const PluginsTalk&) = delete;
  ~PluginsTalk() { set_plugin_listener({}); }
};

// Every file that the options of the part's instances name, and those that these are made from. Answers those
// that wait for a run.
std::vector<std::string> prepare_part(const std::vector<Part>& parts, std::size_t index,
                                      PreparedCorpora& corpora) {
  const Part& part = parts[index];
  const PreparedPath prepared = corpora.of(part.recipe);
  std::vector<std::string> later;
  for (const PlannedInstance& instance : part.plan.instances) {
    for (const PlannedOption& option : instance.options) {
      for (const std::string& name : prepared_names(*instance.spec->option(option.key), option.value)) {
        const std::vector<AwaitedParameters> awaited = awaited_by(parts, index, name);
        if (awaited.empty()) {
          prepared(part.plan, name);
        } else {
          later.push_back(fmt::format("{}{}{}  made when the run gets there: {}\n", part.name,
                                      part.name.empty() ? "" : ", ", name, to_text(awaited)));
        }
      }
    }
  }
  return later;
}

}  // namespace

PreparedAnswer prepare_parts(const PlannedRecipe& recipe, PreparedCorpora& corpora) {
  std::vector<std::string> later;  // a line for each pipeline that waits
  for (std::size_t i = 0; i < recipe.parts.size(); ++i) {
    const CallWatch watch(recipe.parts[i].recipe.run.call_seconds);
    for (std::string& line : prepare_part(recipe.parts, i, corpora)) {
      if (std::ranges::find(later, line) == later.end()) later.push_back(std::move(line));
    }
  }
  PreparedAnswer answer;
  answer.files = nlohmann::json::array();
  for (const PreparedCorpora::Named& named : corpora.files()) {
    const PreparedFile& file = named.file;
    answer.text += fmt::format("{}  {}\n", file.path.string(), file.made ? "made" : "already there");
    answer.files.push_back({{"pipeline", named.pipeline}, {"path", file.path.string()}, {"made", file.made}});
  }
  for (const std::string& line : later) answer.text += line;
  if (answer.text.empty()) answer.text = "nothing to prepare: no component's option names a pipeline\n";
  return answer;
}

PreparedAnswer prepare_recipe(const PrepareRequest& request) {
  PlannedRecipe recipe(request.recipe, request.overrides, request.plugin_folders, request.others);
  const PrepareListener listener{
      [&request](std::string_view level, const std::string& text) {
        if (request.talk) request.talk(level == "info" ? text : fmt::format("{}: {}", level, text));
      },
      [&request](const nlohmann::json& fields) {
        if (request.talk)
          request.talk(fmt::format("preparing  {} items", fields["done"].get<std::int64_t>()));
      }};
  const PluginsTalk talk(listener);
  for (const std::string& line : wrong_sides(recipe.parts)) listener.message("warning", line);
  for (const std::string& line : recipe.lock_notes) listener.message("warning", line);
  PreparedCorpora corpora(recipe.registry, listener, request.missing);
  return prepare_parts(recipe, corpora);
}

}  // namespace gistmill
