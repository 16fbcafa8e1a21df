// generate: a prompt through the operation of that name. It answers when it is done: an operation
// gives its outputs at once, and asking for a few tokens at a time would read the prompt again each time.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <gistmill/text/shown.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/instance/array_call.hpp"
#include "host/machine/memory.hpp"
#include "host/model/json_text.hpp"
#include "host/model/model_task.hpp"
#include "host/model/store_context.hpp"
#include "host/model/text_codec.hpp"

namespace gistmill {

namespace {

// What continues a prompt, and what that took.
struct Continuation {
  Tokens tokens;
  double seconds = 0.0;
  double flops = 0.0;  // as the operation counts them
};

// most: of new tokens; none: as many as the model's option says.
Continuation continuation(const Instance& model, Arrays in, std::uint64_t seed,
                          std::optional<std::int32_t> most = std::nullopt) {
  if (most) in["most"] = Tensor::of(std::vector<std::int32_t>{*most}, {});
  gm_work work{sizeof(gm_work), 0, 0, 0};
  const auto began = std::chrono::steady_clock::now();
  const Arrays out = call_operation(model, "generate", in, seed, &work);
  const double seconds = seconds_since(began);
  Tokens tokens = tokens_of(out.at("tokens"));
  const std::int32_t length = tokens_of(out.at("lengths")).at(0);
  if (length < 0 || static_cast<std::size_t>(length) > tokens.size()) {
    throw Failure(ExitCode::plugin, fmt::format("{} gave {} tokens and says that {} count", model.name(),
                                                tokens.size(), length));
  }
  tokens.resize(static_cast<std::size_t>(length));
  return {std::move(tokens), seconds, work.flops + work.half_flops};
}

// The first token alone, the second time that it is asked for: the first time finds memory and files cold.
std::optional<Continuation> first_token(const Instance& model, const Arrays& prompt, std::uint64_t seed) {
  if (model.planned().spec->operation("generate")->input("most") == nullptr) return std::nullopt;
  continuation(model, prompt, seed, 1);
  return continuation(model, prompt, seed, 1);
}

struct Cost {
  std::optional<Continuation> first;
  double flops = 0.0;
  std::uint64_t memory = 0;                  // bytes, most of this process
  std::optional<std::uintmax_t> cache = {};  // bytes of the cache's file
};

nlohmann::ordered_json to_json(const Cost& cost) {
  nlohmann::ordered_json json;
  if (cost.first) {
    json["first_token_seconds"] = cost.first->seconds;
    json["first_token_flops"] = cost.first->flops;
  }
  json["flops"] = cost.flops;
  json["peak_memory_bytes"] = cost.memory;
  if (cost.cache) json["cache_bytes"] = *cost.cache;
  return json;
}

std::string to_text(const Cost& cost) {
  std::string text;
  if (cost.first)
    text = fmt::format("first token after {:.3f} s and {:.3f} GFLOP; ", cost.first->seconds,
                       cost.first->flops / 1e9);
  text += fmt::format("{:.3f} GFLOP in all; {} of memory at most", cost.flops / 1e9,
                      text::bytes_text(cost.memory));
  return text + (cost.cache ? fmt::format("; a cache of {}", text::bytes_text(*cost.cache)) : "");
}

// How many tokens it may make, where it says so.
std::int64_t most_tokens(const Instance& model) {
  const PlannedOption* option = model.planned().option("max_tokens");
  const auto* number = option == nullptr ? nullptr : std::get_if<std::int64_t>(&option->value);
  return number == nullptr ? 0 : *number;
}

}  // namespace

void generate(const ModelTask& task, const std::string& prompt, const GenerateSettings& settings) {
  const TextCodec codec(task.choice.find(text_demands()));
  // A template writes its begin token itself, or its model was trained without one.
  const Tokens given = settings.chat        ? codec.encode(codec.chat(prompt, settings.system))
                       : settings.continues ? codec.encode(prompt)
                                            : codec.encode_document(prompt);
  if (given.empty() && !settings.store) throw Failure(ExitCode::recipe, "the prompt is empty");
  const std::unique_ptr<Instance> model = task.choice.find(generate_demands());
  std::optional<StoreContext> document;
  if (settings.store) {
    document.emplace(*settings.store, task.choice, *model, "generate", codec,
                     std::ssize(given) + most_tokens(*model));
    task.talk(document->text());
  }
  const Arrays rows =
      document ? document->inputs("prompt", given, true) : Arrays{{"prompt", token_array(given, true)}};
  model->start({}, settings.seed);

  Cost cost;
  if (settings.cost) cost.first = first_token(*model, rows, settings.seed);
  const auto [tokens, seconds, flops] = continuation(*model, rows, settings.seed);
  cost.flops = flops;
  cost.memory = peak_memory_bytes();
  if (!settings.cache.empty()) cost.cache = std::filesystem::file_size(settings.cache);
  const double rate = static_cast<double>(tokens.size()) / seconds;
  std::string text = codec.decode_behind(given, tokens);
  if (task.json) {
    nlohmann::ordered_json answer;
    put_text(answer, text);
    answer["tokens"] = tokens;
    answer["prompt_tokens"] = given.size();
    answer["seconds"] = seconds;
    answer["tokens_per_second"] = rate;
    if (settings.cost) answer["cost"] = to_json(cost);
    return task.write(json_line(answer));
  }
  if (text.empty() || text.back() != '\n') text += '\n';
  task.write(text);
  task.talk(fmt::format("{} tokens after a prompt of {} in {:.2f} s, {:.1f} tokens/s", tokens.size(),
                        given.size(), seconds, rate));
  if (settings.cost) task.talk(to_text(cost));
}

}  // namespace gistmill
