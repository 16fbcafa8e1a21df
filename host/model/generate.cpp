// generate: a prompt through the operation of that name. It answers when it is done: an operation
// gives its outputs at once, and asking for a few tokens at a time would read the prompt again each time.
#include <fmt/format.h>

#include <chrono>

#include "host/diagnostic/failure.hpp"
#include "host/instance/array_call.hpp"
#include "host/model/json_text.hpp"
#include "host/model/model_task.hpp"
#include "host/model/text_codec.hpp"

namespace gistmill {

namespace {

Tokens continuation(const Instance& model, const Tokens& prompt, std::uint64_t seed) {
  const Arrays out = call_operation(model, "generate", {{"prompt", token_array(prompt, true)}}, seed);
  Tokens tokens = tokens_of(out.at("tokens"));
  const std::int32_t length = tokens_of(out.at("lengths")).at(0);
  if (length < 0 || static_cast<std::size_t>(length) > tokens.size()) {
    throw Failure(ExitCode::plugin, fmt::format("{} gave {} tokens and says that {} count", model.name(),
                                                tokens.size(), length));
  }
  tokens.resize(static_cast<std::size_t>(length));
  return tokens;
}

}  // namespace

void generate(const ModelTask& task, const std::string& prompt, const GenerateSettings& settings) {
  const TextCodec codec(task.choice.find(text_demands()));
  // A template writes its begin token itself, or its model was trained without one.
  const Tokens given = settings.chat        ? codec.encode(codec.chat(prompt, settings.system))
                       : settings.continues ? codec.encode(prompt)
                                            : codec.encode_document(prompt);
  if (given.empty()) throw Failure(ExitCode::recipe, "the prompt is empty");
  const std::unique_ptr<Instance> model = task.choice.find(generate_demands());
  model->start({}, settings.seed);

  const auto began = std::chrono::steady_clock::now();
  const Tokens tokens = continuation(*model, given, settings.seed);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const double rate = static_cast<double>(tokens.size()) / seconds;
  std::string text = codec.decode_behind(given, tokens);
  if (task.json) {
    nlohmann::ordered_json answer;
    put_text(answer, text);
    answer["tokens"] = tokens;
    answer["prompt_tokens"] = given.size();
    answer["seconds"] = seconds;
    answer["tokens_per_second"] = rate;
    return task.write(json_line(answer));
  }
  if (text.empty() || text.back() != '\n') text += '\n';
  task.write(text);
  task.talk(fmt::format("{} tokens after a prompt of {} in {:.2f} s, {:.1f} tokens/s", tokens.size(),
                        given.size(), seconds, rate));
}

}  // namespace gistmill
