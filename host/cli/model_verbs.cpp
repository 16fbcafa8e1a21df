// inspect, tokenize, score, generate: a model outside of a recipe. LibTorch is loaded where the component
// that reads the model needs it, and with it only.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/cli/input.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/machine/memory.hpp"
#include "host/machine/threads.hpp"
#include "host/model/model_task.hpp"

namespace gistmill {

namespace {

// Nothing is loaded from the working folder: these verbs have no recipe that would stand beside plugins.
Registry registry_without_recipe(const Command& command) {
  return Registry(Registry::search_path(command.plugin_folders()));
}

void listen_to_plugins() {
  set_plugin_listener([](std::string_view level, const std::string& text, const std::string&) {
    print_talk(level == "info" ? text : fmt::format("{}: {}", level, text));
  });
}

std::int64_t integer_option(const Command& command, const char* name, std::int64_t fallback) {
  const std::optional<std::string> text = command.value(name);
  if (!text) return fallback;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || rest != end || number < 0) {
    throw Failure(ExitCode::usage,
                  fmt::format("--{} is '{}' when it should be a whole number from 0", name, *text));
  }
  return number;
}

// What is short for `--set generate.OPTION=VALUE`.
std::vector<std::string> overrides_of(const Command& command) {
  std::vector<std::string> overrides = command.overrides();
  for (const char* name : {"max-tokens", "temperature", "top-p"}) {
    const std::optional<std::string> value = command.value(name);
    if (!value) continue;
    std::string option = name;
    std::replace(option.begin(), option.end(), '-', '_');
    overrides.push_back(fmt::format("generate.{}={}", option, *value));
  }
  if (const std::optional<std::string> file = command.value("gist-cache")) {
    const char* quote = file->find('\'') == std::string::npos ? "'" : "";  // a name may look like a number
    overrides.push_back(fmt::format("generate.gist_cache={0}{1}{0}", quote, *file));
  }
  return overrides;
}

// Options of which one would decide nothing.
void refuse_together(const Command& command, const char* given, std::initializer_list<const char*> others) {
  if (!command.has(given)) return;
  for (const char* other : others) {
    if (command.has(other))
      throw Failure(ExitCode::usage, fmt::format("--{} and --{} cannot be used together", given, other));
  }
}

void run_tokenize(const Command& command, const ModelTask& task) {
  const Input input = read_input(command, 1);
  if (command.has("decode")) return detokenize(task, input.bytes, input.name);
  tokenize(task, input.bytes);
}

std::optional<StoreSettings> store_of(const Command& command) {
  if (!command.has("store")) {
    for (const char* option : {"document", "recent", "level1"}) {
      if (command.has(option)) throw Failure(ExitCode::usage, fmt::format("--{} needs --store", option));
    }
    return std::nullopt;
  }
  StoreSettings store;
  store.file = *command.value("store");
  store.document = command.value("document");
  store.recent = integer_option(command, "recent", store.recent);
  store.level1 = integer_option(command, "level1", store.level1);
  return store;
}

void run_score(const Command& command, const ModelTask& task) {
  ScoreSettings settings;
  settings.window = integer_option(command, "window", 0);
  settings.stride = integer_option(command, "stride", 0);
  settings.per_token = command.has("per-token");
  refuse_together(command, "store", {"window", "stride"});
  settings.store = store_of(command);
  score(task, read_input(command, 1).bytes, settings);
}

// An editor or `echo` ends a text with a newline, after which a model would continue differently.
std::string prompt_of(const Command& command) {
  const std::optional<std::string> given = command.value("prompt");
  if (given && command.arguments.size() > 1)
    throw Failure(ExitCode::usage, "--prompt and FILE cannot be used together");
  if (given) return *given;
  std::string text = read_input(command, 1).bytes;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// name: the option that says what is kept.
void run_save_cache(const Command& command, const ModelTask& task, const char* name) {
  refuse_together(
      command, name,
      {"gist-cache", "chat", "system", "max-tokens", "temperature", "top-p", "seed", "cost", "store"});
  GistCacheSettings settings;
  settings.file = *command.value(name);
  settings.tokens = command.all("gist-token");
  settings.whole = command.has("save-prompt-cache");
  save_gist_cache(task, prompt_of(command), settings);
}

void run_generate(const Command& command, const ModelTask& task) {
  refuse_together(command, "save-prompt-cache", {"save-gist-cache", "gist-token"});
  for (const char* name : {"save-gist-cache", "save-prompt-cache"}) {
    if (command.has(name)) return run_save_cache(command, task, name);
  }
  if (command.has("gist-token"))
    throw Failure(ExitCode::usage, "--gist-token needs --save-gist-cache: it says which tokens are kept");
  refuse_together(command, "gist-cache", {"chat", "store"});
  refuse_together(command, "store", {"chat"});
  GenerateSettings settings;
  settings.seed = static_cast<std::uint64_t>(integer_option(command, "seed", 0));
  settings.chat = command.has("chat");
  settings.system = command.value("system");
  settings.continues = command.has("gist-cache") || command.has("store");
  settings.cost = command.has("cost");
  settings.cache = command.value("gist-cache").value_or("");
  settings.store = store_of(command);
  if (settings.system && !settings.chat)
    throw Failure(ExitCode::usage, "--system needs --chat: only a chat has a system message");
  generate(task, prompt_of(command), settings);
}

// What `--set` may be for: all that the verb asks for.
std::vector<Demands> demands_of(const std::string& verb) {
  if (verb == "tokenize") return {text_demands()};
  if (verb == "generate") return {generate_demands(), gist_cache_demands(), text_demands()};
  return {score_demands(), text_demands()};
}

bool is_run(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / "recipe.lock.toml", error) &&
         std::filesystem::is_directory(folder / "checkpoints", error);
}

// The run whose folder, or one of whose checkpoints, the path is; "" where it is none.
std::filesystem::path run_of(const std::filesystem::path& path) {
  if (is_run(path)) return path;
  std::filesystem::path folder = path.lexically_normal();
  for (; folder.has_relative_path(); folder = folder.parent_path()) {
    std::filesystem::path around = folder.parent_path().empty() ? "." : folder.parent_path();
    if (folder.filename() == "checkpoints" && is_run(around)) return around;
  }
  return "";
}

// What a run leaves is no model: `export` writes one.
void refuse_run(const std::filesystem::path& path) {
  const std::filesystem::path run = run_of(path);
  if (run.empty()) return;
  throw Failure(
      ExitCode::recipe, fmt::format("'{}' is what a run left, not a model", path.string()),
      {fmt::format("gistmill export {} FOLDER  writes what it trained, with --merge the whole model; "
                   "FOLDER can then be inspected",
                   run.string())});
}

}  // namespace

ExitCode run_export(const Command& command) {
  if (!std::filesystem::is_regular_file(command.arguments[0])) {
    if (command.has("document"))
      throw Failure(ExitCode::usage,
                    "--document is of a gist store; " + command.arguments[0] + " is no file");
    return run_compute_verb(command, RunVerb::export_run);
  }
  Registry registry = registry_without_recipe(command);
  listen_to_plugins();
  export_file(registry, command.arguments[0], command.value("document"), command.arguments[1]);
  if (command.json()) {
    print_answer(nlohmann::json({{"file", command.arguments[1]}}).dump(2) + "\n");
  } else {
    print_answer(command.arguments[1] + "\n");
  }
  return ExitCode::ok;
}

ExitCode run_model_verb(const Command& command) {
  refuse_run(command.arguments.front());
  Registry registry = registry_without_recipe(command);
  const ModelChoice choice(command.arguments.front(), overrides_of(command), demands_of(command.verb),
                           registry, command.has("why"));
  listen_to_plugins();
  if (command.verb != "tokenize") {
    keep_freed_memory();
    set_up_openmp();
  }
  const ModelTask task{choice, command.json(), print_answer, print_talk};
  if (command.verb == "tokenize") run_tokenize(command, task);
  if (command.verb == "score") run_score(command, task);
  if (command.verb == "generate") run_generate(command, task);
  if (command.verb == "inspect") return inspect(task);
  return ExitCode::ok;
}

}  // namespace gistmill
