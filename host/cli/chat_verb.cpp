// chat: a conversation on the terminal, a message a line of standard input, or requests over HTTP.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gistmill/files/transfer.hpp>
#include <gistmill/text/shown.hpp>

#include "host/chat/address.hpp"
#include "host/chat/conversation.hpp"
#include "host/cli/chat_screen.hpp"
#include "host/cli/libraries.hpp"
#include "host/cli/number_option.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/files/file_failure.hpp"
#include "host/machine/threads.hpp"
#include "host/recipe/recipe.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// Ctrl-C ends the answer; without one, or a second time, the program. Nothing is on disk that could be torn.
volatile std::int32_t cancel = 0;
volatile std::sig_atomic_t answering = 0;
volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int /*signal*/) {
  if (answering != 0 && cancel != 0) _exit(static_cast<int>(ExitCode::interrupted));
  cancel = 1;
  if (answering == 0) interrupted = 1;
}

void take_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;  // without SA_RESTART: waiting for a line ends
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

constexpr std::size_t kMostLine = std::size_t{4} << 20;

// Lines of standard input, until its end or a Ctrl-C.
class Lines {
 public:
  std::optional<std::string> next() {
    for (;;) {
      if (const std::size_t end = bytes_.find('\n'); end != std::string::npos) {
        std::string line = bytes_.substr(0, end);
        bytes_.erase(0, end + 1);
        return line;
      }
      if (bytes_.size() > kMostLine)
        throw Failure(ExitCode::recipe, fmt::format("a message of more than {}", text::bytes_text(kMostLine)),
                      {"give longer texts with --history FILE"});
      char buffer[4096];
      const ssize_t count = interrupted != 0 ? -1 : read(STDIN_FILENO, buffer, sizeof buffer);
      if (count > 0) {
        bytes_.append(buffer, static_cast<std::size_t>(count));
        continue;
      }
      if (count < 0 || bytes_.empty()) return std::nullopt;
      return std::exchange(bytes_, "");
    }
  }

 private:
  std::string bytes_;
};

Sampling sampling_of(const Command& command) {
  Sampling sampling;
  sampling.most = number_option<std::int64_t>(command, "max-tokens", 1, 1 << 20).value_or(sampling.most);
  sampling.temperature = number_option(command, "temperature", 0.0, 100.0).value_or(0.0);
  sampling.top_p = number_option(command, "top-p", 0.0001, 1.0).value_or(1.0);
  sampling.seed =
      static_cast<std::uint64_t>(number_option<std::int64_t>(command, "seed", 0, INT64_MAX).value_or(0));
  return sampling;
}

std::string text_at(const fs::path& path) {
  try {
    return files::read_all(path);
  } catch (const files::FileError& error) {
    throw failure_of(error, ExitCode::recipe);
  }
}

// Read before the model is loaded: a file that is not there is said at once.
std::vector<std::string> texts_of(const Command& command) {
  std::vector<std::string> texts;
  for (const std::string& file : command.all("history")) texts.push_back(text_at(file));
  return texts;
}

// Answers the last of the messages, which get the answer; one that is refused is taken away.
void turn(Conversation& conversation, std::vector<Message>& messages, const Sampling& sampling,
          ChatScreen& screen) {
  screen.message(messages.back().content);
  cancel = 0;
  answering = 1;
  try {
    const Answer answer = conversation.answer(
        messages, sampling,
        {[&](std::string_view more) { return screen.text(more); }, [&] { screen.changed(); }}, &cancel);
    answering = 0;
    screen.answer(answer);
  } catch (const RefusedMessages& refused) {
    answering = 0;
    screen.refused(refused);
    messages.pop_back();
    return;
  }
  screen.show_changes();
  messages = conversation.messages();
}

// "/quit" of a line that is a command. "/etc/hosts" and "/ alone" are none.
std::optional<std::string> command_of(const std::string& line) {
  if (!line.starts_with('/')) return std::nullopt;
  const std::string word = line.substr(0, line.find_first_of(" \t"));
  const bool is_word = word.size() > 1 && std::all_of(word.begin() + 1, word.end(), [](char letter) {
                         return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
                       });
  return is_word ? std::optional(word) : std::nullopt;
}

void tell_commands(const std::string& asked) {
  if (asked != "/help") print_talk(fmt::format("there is no command {}", asked));
  print_talk("/context  show the working context");
  print_talk("/help     show the commands");
  print_talk("/quit     end");
  print_talk("A message that begins so has a space before it.");
}

void converse(const Command& command, const Sampling& sampling, const std::vector<std::string>& texts,
              ChatRecord* record, ChatModel& model) {
  Conversation conversation(model);
  ChatScreen screen(model, command.json(), command.has("watch"), record);
  for (const std::string& text : texts) conversation.read(text);
  screen.changed();
  screen.show_changes();
  std::vector<Message> messages;
  if (const auto system = command.value("system")) messages.push_back({"system", *system});
  Lines lines;
  for (screen.prompt();; screen.prompt()) {
    std::optional<std::string> line = lines.next();
    if (!line) return;
    if (!line->empty() && line->back() == '\r') line->pop_back();
    if (const auto asked = command_of(*line)) {
      if (*asked == "/quit") return;
      if (*asked == "/context")
        screen.show_context();
      else
        tell_commands(*asked);
    } else if (!line->empty()) {
      messages.push_back({"user", *line});
      turn(conversation, messages, sampling, screen);
    }
  }
}

// The run's or recipe's name.
std::string model_name(const fs::path& asked) {
  const fs::path path = fs::absolute(asked).lexically_normal();
  const fs::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
  return name.extension() == ".toml" ? name.stem().string() : name.string();
}

std::optional<ServerSettings> server_of(const Command& command, const Sampling& sampling) {
  const auto text = command.value("http");
  if (!text) {
    if (command.has("allow-remote")) throw Failure(ExitCode::usage, "--allow-remote needs --http");
    return std::nullopt;
  }
  for (const char* other : {"watch", "system"}) {
    if (command.has(other))
      throw Failure(ExitCode::usage, fmt::format("--http and --{} cannot be used together", other));
  }
  ServerSettings settings;
  settings.address = parse_address(*text);
  settings.model = model_name(command.arguments.front());
  settings.sampling = sampling;
  if (!settings.address.is_loopback() && !command.has("allow-remote")) {
    throw Failure(ExitCode::usage,
                  fmt::format("{} is an address that other machines may reach", settings.address.host),
                  {"take 127.0.0.1, or say --allow-remote: whoever reaches it can use the model and read the "
                   "history"});
  }
  return settings;
}

void serve(const Command& command, const std::string& name, const std::vector<std::string>& texts,
           ChatServer& server, ChatModel& model) {
  Conversation conversation(model);
  for (const std::string& text : texts) conversation.read(text);
  if (command.json())
    print_answer(nlohmann::json({{"url", server.url()}, {"model", name}}).dump() + "\n");
  else
    print_answer(fmt::format("{}  model {}\n", server.url(), name));
  server.serve(conversation, &cancel);
}

// Makes the model of the verb's first argument and holds the conversation. -> the exit code.
ExitCode chat_with(const Command& command, ChatRecord* record,
                   const std::function<void(ChatModel&)>& converse) {
  ChatRequest request;
  request.run.recipe = command.arguments.front();
  request.run.overrides = command.overrides();
  request.run.plugin_folders = command.plugin_folders();
  request.run.talk = print_talk;
  if (!fs::is_directory(request.run.recipe)) check_recipe(command, request.run.recipe);
  request.converse = [&](ChatModel& model) {
    take_interrupts();
    converse(model);
    if (record != nullptr) record->finish(model);
  };
  set_up_openmp();
  chat_in_library(request);
  return interrupted != 0 ? ExitCode::interrupted : ExitCode::ok;
}

std::optional<ChatRecord> record_of(const Command& command) {
  const auto folder = command.value("record");
  return folder ? std::optional<ChatRecord>(*folder) : std::nullopt;
}

// A variable of the recipe, which says what a demonstration tells.
std::string variable_of(const Recipe& recipe, const char* name) {
  const Value* variables = recipe.resolved.find("variables");
  const Value* value = variables == nullptr ? nullptr : variables->find(name);
  const auto* text = value == nullptr ? nullptr : value->get_if<std::string>();
  if (text != nullptr) return *text;
  throw Failure(
      ExitCode::recipe,
      fmt::format("{} tells no session: it has no variable '{}'", recipe.path.string(), name),
      {"variables.history is a file or folder beside the recipe, variables.message what the user says"});
}

// The file, or all files of the folder in the order of their names.
std::vector<fs::path> files_at(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<fs::path> list;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file()) list.push_back(entry.path());
  }
  std::ranges::sort(list);
  return list;
}

}  // namespace

ExitCode run_chat(const Command& command) {
  const Sampling sampling = sampling_of(command);
  const std::optional<ServerSettings> settings = server_of(command, sampling);
  const std::vector<std::string> texts = texts_of(command);
  std::optional<ChatRecord> record = record_of(command);
  if (record && settings) throw Failure(ExitCode::usage, "--http and --record cannot be used together");
  std::unique_ptr<ChatServer> server;  // before the model is loaded: an address that is taken is said at once
  if (settings) server = chat_server_of_library(*settings);
  ChatRecord* const kept = record ? &*record : nullptr;
  return chat_with(command, kept, [&](ChatModel& model) {
    if (server)
      serve(command, settings->model, texts, *server, model);
    else
      converse(command, sampling, texts, kept, model);
  });
}

// A session that the recipe tells: what is read, what is said, and what comes of it.
ExitCode run_focus_demo(const Command& command) {
  const Recipe recipe = load_recipe(command.arguments.front(), command.overrides());
  const std::string message = variable_of(recipe, "message");
  const fs::path history = recipe.path.parent_path() / variable_of(recipe, "history");
  std::vector<std::pair<std::string, std::string>> texts;
  for (const fs::path& file : files_at(history)) texts.emplace_back(file.filename().string(), text_at(file));
  Sampling sampling;
  sampling.most = number_option<std::int64_t>(command, "max-tokens", 1, 1 << 20).value_or(128);
  std::optional<ChatRecord> record = record_of(command);
  ChatRecord* const kept = record ? &*record : nullptr;
  return chat_with(command, kept, [&](ChatModel& model) {
    Conversation conversation(model);
    ChatScreen screen(model, command.json(), true, kept);
    for (const auto& [name, text] : texts) {
      conversation.read(text);
      print_talk(fmt::format("read {}", name));
      screen.changed();
    }
    screen.show_changes();
    print_talk("> " + message);
    std::vector<Message> messages = {{"user", message}};
    turn(conversation, messages, sampling, screen);
    if (kept != nullptr) print_talk(fmt::format("recorded in {}", kept->folder().string()));
  });
}

}  // namespace gistmill
