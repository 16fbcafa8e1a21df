// The verb `chat`: the components of a run or a recipe as the model of a conversation, whose history may be
// longer than what the model reads. The conversation itself is the caller's.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/machine/machine.hpp"
#include "host/run/chat_door.hpp"
#include "host/run/context_pass.hpp"
#include "host/run/locked_request.hpp"
#include "host/run/run_context.hpp"
#include "host/run/run_folder.hpp"
#include "host/run/run_tokenizer.hpp"
#include "host/run/trained_parameters.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

class RunChat : public ChatModel {
 public:
  // marks: the tokenizer for what a chat template writes.
  RunChat(ContextPass& pass, const RunTokenizer& tokenizer, const RunTokenizer& marks)
      : pass_(pass), tokenizer_(tokenizer), marks_(marks) {}

  Tokens encode(std::string_view text) const override { return tokenizer_.encode(text); }
  Tokens encode_rendered(std::string_view text) const override { return marks_.encode(text); }
  Tokens encode_document(std::string_view text) const override { return tokenizer_.document(text); }
  std::string decode(const Tokens& tokens) const override { return tokenizer_.decode(tokens); }

  std::optional<std::string> render(const std::vector<Message>& messages) const override {
    if (!has_template_) return std::nullopt;
    nlohmann::json json = nlohmann::json::array();
    for (const Message& message : messages)
      json.push_back({{"role", message.role}, {"content", message.content}});
    return tokenizer_.chat(json.dump());
  }

  void append(const Tokens& tokens) override {
    history_.insert(history_.end(), tokens.begin(), tokens.end());
    const std::int64_t block = pass_.block();
    for (; std::ssize(history_) - cursor_ >= block; cursor_ += block)
      pass_.extend({history_.begin() + cursor_, history_.begin() + cursor_ + block});
  }
  const Tokens& history() const override { return history_; }

  std::optional<std::int32_t> next(const Sampling& sampling, const volatile std::int32_t* cancel) override {
    Tokens rest(history_.begin() + cursor_, history_.end());
    if (rest.empty() && cursor_ == 0) throw Failure(ExitCode::recipe, "there is nothing to answer");
    return pass_
        .next(rest, sampling.temperature, sampling.top_p, sampling.seed,
              static_cast<std::uint64_t>(std::ssize(history_)), cancel)
        .token;
  }

  void mark() override {
    pass_.mark();
    mark_ = {std::ssize(history_), cursor_};
  }
  void return_to_mark() override {
    pass_.return_to_mark();
    history_.resize(static_cast<std::size_t>(mark_.first));
    cursor_ = mark_.second;
  }

  ContextView view() const override {
    ContextView view = pass_.view();
    view.history = std::ssize(history_);
    return view;
  }

  std::optional<std::string> trace() const override { return pass_.trace(); }

  // Whether the tokenizer has a template, asked with a message as short as can be.
  void find_template(const std::function<void(std::string_view)>& talk) {
    if (tokenizer_.instance().planned().spec->operation("chat") == nullptr) {
      has_template_ = false;
    } else {
      try {
        tokenizer_.chat(R"([{"role": "user", "content": "a"}])");
      } catch (const Failure& failure) {
        if (failure.code() == ExitCode::interrupted) throw;
        has_template_ = false;
      }
    }
    if (!has_template_)
      talk("the model has no chat template: messages are written as lines of User and Assistant");
  }

 private:
  ContextPass& pass_;
  const RunTokenizer& tokenizer_;
  const RunTokenizer& marks_;
  Tokens history_;
  std::int64_t cursor_ = 0;  // behind the last block
  std::pair<std::int64_t, std::int64_t> mark_;
  bool has_template_ = true;
};

std::unique_ptr<ContextPass> pass_of(RunContext& context, std::size_t& index) {
  for (index = context.parts.size(); index-- > 0;) {  // the last stage has what training led to
    if (auto pass = ContextPass::find(context.parts[index], context.registry)) return pass;
  }
  throw Failure(
      ExitCode::recipe,
      fmt::format("{} has no pipeline that a conversation can go through", context.request.recipe.string()),
      {"it needs one from `next` of a source that can be given its text (operations extend and end) through "
       "`actions` to "
       "a model's ids, positions, gist and gist_places: recipes/focus/chat.toml"});
}

// What the run trained up to that part.
void load_trained(const RunContext& context, std::size_t index, const ContextPass& pass, Events& events) {
  TrainedParameters trained(context.folder);
  for (std::size_t i = 0; i <= index; ++i) {
    if (context.parts[i].recipe.run.steps > 0) trained.add_part(context.parts[i]);
  }
  trained.load_into(pass.instances(), context.parts[index].recipe, events);
}

// A recipe by itself has trained nothing.
void load_untrained(const ContextPass& pass, Events& events) {
  TrainedParameters(fs::path()).load_into(pass.instances(), pass.part().recipe, events);
  for (TensorInstance* instance : pass.instances()) {
    if (instance == nullptr || !instance->planned().parameters.empty()) continue;
    if (std::ranges::any_of(instance->parameters(), &Parameter::trainable))
      events.message("warning",
                     fmt::format("{} is untrained: this is a recipe and no run", instance->name()));
  }
}

void hold_chat(const ChatRequest& request) {
  RunRequest asked = request.run;
  asked.verb = RunVerb::compress;  // uses what a run left, whatever plugins are there now
  const bool is_run = fs::is_directory(asked.recipe);
  if (is_run) asked = locked_request(asked, "chat");
  RunContext context(asked);
  set_up_machine(context.recipe.run.threads);
  std::size_t index = 0;
  const std::unique_ptr<ContextPass> pass = pass_of(context, index);
  if (is_run)
    load_trained(context, index, *pass, context.events);
  else
    load_untrained(*pass, context.events);
  const RunTokenizer tokenizer(pass->part().plan, context.registry);
  const RunTokenizer marks(pass->part().plan, context.registry, true);
  RunChat chat(*pass, tokenizer, marks);
  chat.find_template(asked.talk);
  request.converse(chat);
}

}  // namespace
}  // namespace gistmill

extern "C" void gistmill_chat(const gistmill::ChatRequest* request) { gistmill::hold_chat(*request); }
