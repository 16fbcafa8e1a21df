// See prepare_recipe.hpp.
#include "host/prepare/prepare_recipe.hpp"

#include <fmt/format.h>

#include "host/instance/call_watch.hpp"
#include "host/instance/plugin_host.hpp"
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

}  // namespace

PreparedAnswer prepare_parts(const PlannedRecipe& recipe, PreparedCorpora& corpora) {
  for (const Part& part : recipe.parts) {
    const CallWatch watch(part.recipe.run.call_seconds);
    corpora.prepare_all(part.recipe, part.plan);
  }
  PreparedAnswer answer;
  answer.files = nlohmann::json::array();
  for (const PreparedCorpora::Named& named : corpora.files()) {
    const PreparedFile& file = named.file;
    answer.text += fmt::format("{}  {}\n", file.path.string(), file.made ? "made" : "already there");
    answer.files.push_back({{"pipeline", named.pipeline}, {"path", file.path.string()}, {"made", file.made}});
  }
  if (answer.files.empty()) answer.text = "nothing to prepare: no component's option names a pipeline\n";
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
