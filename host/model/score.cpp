// score: windows through the operation of that name, figures added up in double.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <iterator>

#include "host/diagnostic/failure.hpp"
#include "host/diagnostic/seconds_since.hpp"
#include "host/instance/array_call.hpp"
#include "host/model/json_text.hpp"
#include "host/model/model_task.hpp"
#include "host/model/score_windows.hpp"
#include "host/model/store_context.hpp"
#include "host/model/text_codec.hpp"

namespace gistmill {

namespace {

constexpr double kSecondsBetweenLines = 30;

struct Score {
  std::int64_t tokens = 0;
  std::int64_t scored = 0;
  std::int64_t windows = 0;
  std::int64_t window = 0;
  std::int64_t stride = 0;
  double total = 0;  // nats
  double seconds = 0;

  double mean() const { return total / static_cast<double>(scored); }
  double tokens_per_second() const { return static_cast<double>(scored) / seconds; }
};

std::string score_text(const Score& score) {
  std::string text = fmt::format("tokens      {}, {} scored", score.tokens, score.scored);
  if (score.windows > 1) {
    text += fmt::format(" in {} windows of {}, {} apart", score.windows, score.window, score.stride);
  }
  return text + fmt::format(
                    "\nmean NLL    {:.6f} nats\nperplexity  {:.4f}\n"
                    "time        {:.2f} s, {:.1f} tokens/s\n",
                    score.mean(), std::exp(score.mean()), score.seconds, score.tokens_per_second());
}

std::string score_json(const Score& score) {
  return json_line({{"tokens", score.tokens},
                    {"scored", score.scored},
                    {"windows", score.windows},
                    {"window", score.window},
                    {"stride", score.stride},
                    {"mean_nll", score.mean()},
                    {"perplexity", std::exp(score.mean())},
                    {"seconds", score.seconds},
                    {"tokens_per_second", score.tokens_per_second()}});
}

// Window and stride as asked, against what the model takes.
void settle_windows(const ScoreSettings& settings, std::int64_t context, Score& score) {
  const std::int64_t most = context > 0 ? context : std::max<std::int64_t>(score.tokens, 2);
  score.window = settings.window == 0 ? most : settings.window;
  if (score.window < 2 || score.window > most) {
    throw Failure(ExitCode::usage,
                  fmt::format("--window is {} when it should be 2 to {}", score.window, most));
  }
  score.stride = settings.stride == 0 ? score.window / 2 : settings.stride;
  if (score.stride < 1 || score.stride >= score.window) {
    throw Failure(ExitCode::usage,
                  fmt::format("--stride is {} when it should be 1 to {}", score.stride, score.window - 1));
  }
}

void write_token(const ModelTask& task, const TextCodec& codec, const Tokens& tokens, std::int64_t at,
                 const float* nll) {
  const auto token = tokens.begin() + at;
  nlohmann::ordered_json line = {{"token", *token}};
  put_text(line, codec.decode_behind(at == 0 ? Tokens() : Tokens{*(token - 1)}, {*token}));
  line["nll"] = nll != nullptr ? nlohmann::ordered_json(*nll) : nlohmann::ordered_json();
  task.write(json_line(line));
}

void add_window(const ModelTask& task, const TextCodec& codec, const Instance& model, const Tokens& tokens,
                const ScoreWindow& window, bool per_token, Score& score) {
  const auto began = std::chrono::steady_clock::now();
  const Tokens part(tokens.begin() + window.begin, tokens.begin() + window.end);
  const Tensor nll = call_operation(model, "score", {{"tokens", token_array(part)}}).at("nll");
  score.seconds += seconds_since(began);
  if (nll.size() != window.end - window.begin - 1) {
    throw Failure(ExitCode::plugin,
                  fmt::format("{} gave {} values for {} tokens when it should give one less", model.name(),
                              nll.size(), part.size()));
  }
  const float* values = nll.data<float>() - window.begin - 1;  // values[i] is of token i
  for (std::int64_t i = window.counted; i < window.end; ++i) {
    score.total += static_cast<double>(values[i]);
    ++score.scored;
    if (per_token) write_token(task, codec, tokens, i, values + i);
  }
}

// A text behind a document of a store: in one window, every token of it counts.
void score_behind(const ModelTask& task, const TextCodec& codec, const std::string& text,
                  const ScoreSettings& settings) {
  const Tokens tokens = codec.encode(text);
  if (tokens.empty()) throw Failure(ExitCode::recipe, "the text is empty");
  const std::unique_ptr<Instance> model = task.choice.find(score_demands());
  const StoreContext document(*settings.store, task.choice, *model, "score", codec, std::ssize(tokens));
  task.talk(document.text());
  Score result;
  result.tokens = std::ssize(tokens);
  result.windows = 1;
  model->start({}, 0);
  const auto began = std::chrono::steady_clock::now();
  const Tensor nll = call_operation(*model, "score", document.inputs("tokens", tokens, false)).at("nll");
  result.seconds = seconds_since(began);
  if (nll.size() != document.rows() + result.tokens - 1)
    throw Failure(ExitCode::plugin, fmt::format("{} gave {} values for {} rows", model->name(), nll.size(),
                                                document.rows() + result.tokens));
  const float* values = nll.data<float>() + document.rows() - 1;
  for (std::int64_t i = 0; i < result.tokens; ++i) {
    result.total += static_cast<double>(values[i]);
    ++result.scored;
    if (settings.per_token) write_token(task, codec, tokens, i, values + i);
  }
  if (settings.per_token) return task.talk(score_text(result));
  task.write(task.json ? score_json(result) : score_text(result));
}

}  // namespace

void score(const ModelTask& task, const std::string& text, const ScoreSettings& settings) {
  const TextCodec codec(task.choice.find(text_demands()));
  if (settings.store) return score_behind(task, codec, text, settings);
  const Tokens tokens = codec.encode_document(text);
  if (tokens.size() < 2) {
    throw Failure(ExitCode::recipe,
                  fmt::format("the text has {} tokens when scoring needs at least 2", tokens.size()));
  }
  const std::unique_ptr<Instance> model = task.choice.find(score_demands());
  Score result;
  result.tokens = static_cast<std::int64_t>(tokens.size());
  settle_windows(settings, model->symbol("C"), result);
  model->start({}, 0);
  if (settings.per_token) write_token(task, codec, tokens, 0, nullptr);
  double said = 0;
  for (const ScoreWindow& window : score_windows(result.tokens, result.window, result.stride)) {
    if (result.seconds - said > kSecondsBetweenLines) {
      said = result.seconds;
      task.talk(fmt::format("{} of {} tokens", window.counted, result.tokens));
    }
    add_window(task, codec, *model, tokens, window, settings.per_token, result);
    ++result.windows;
  }
  if (settings.per_token) {
    task.talk(score_text(result));
  } else {
    task.write(task.json ? score_json(result) : score_text(result));
  }
}

}  // namespace gistmill
