// generate --save-gist-cache: a prompt through the operation save_gist_cache, which keeps of it nothing but
// what its gist tokens hold. generate --save-prompt-cache: the same with every token in their place.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>

#include <gistmill/text/shown.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/instance/array_call.hpp"
#include "host/model/json_text.hpp"
#include "host/model/model_task.hpp"
#include "host/model/text_codec.hpp"

namespace gistmill {

namespace {

// Nothing where `text` is not one token.
std::optional<std::int32_t> token_of(const TextCodec& codec, const std::string& text) {
  const Tokens tokens = codec.encode(text);
  return tokens.size() == 1 ? std::optional(tokens.front()) : std::nullopt;
}

// As a run's export names them.
Tokens usual_gist_tokens(const TextCodec& codec) {
  Tokens found;
  if (const auto one = token_of(codec, "<GIST>")) found.push_back(*one);
  for (int number = 1;; ++number) {
    const auto next = token_of(codec, fmt::format("<GIST_{}>", number));
    if (!next) break;
    found.push_back(*next);
  }
  if (!found.empty()) return found;
  throw Failure(ExitCode::recipe, "the model has no token <GIST> or <GIST_1>",
                {"a model that was exported with its gist tokens has one; --gist-token names another"});
}

Tokens gist_tokens(const TextCodec& codec, const std::vector<std::string>& texts) {
  if (texts.empty()) return usual_gist_tokens(codec);
  Tokens found;
  for (const std::string& text : texts) {
    const auto token = token_of(codec, text);
    if (!token)
      throw Failure(ExitCode::recipe,
                    fmt::format("'{}' is not one token of this model, as a gist token is", text));
    found.push_back(*token);
  }
  return found;
}

// The columns of gist tokens, with which the prompt ends.
Tokens places_of(const Tokens& prompt, const Tokens& gists) {
  Tokens places;
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    if (std::find(gists.begin(), gists.end(), prompt[i]) != gists.end())
      places.push_back(static_cast<std::int32_t>(i));
  }
  if (places.empty())
    throw Failure(ExitCode::recipe, "the prompt has no gist token, so nothing of it would be kept");
  const std::size_t lost = prompt.size() - 1 - static_cast<std::size_t>(places.back());
  if (lost > 0) {
    throw Failure(ExitCode::recipe,
                  fmt::format("{} tokens follow the last gist token and would be lost", lost),
                  {"give them to the generate that continues from the file"});
  }
  return places;
}

}  // namespace

void save_gist_cache(const ModelTask& task, const std::string& prompt, const GistCacheSettings& settings) {
  const TextCodec codec(task.choice.find(text_demands()));
  const Tokens tokens = codec.encode_document(prompt);
  if (tokens.empty()) throw Failure(ExitCode::recipe, "the prompt is empty");
  Tokens places(tokens.size());
  std::iota(places.begin(), places.end(), 0);
  if (!settings.whole) places = places_of(tokens, gist_tokens(codec, settings.tokens));
  const std::unique_ptr<Instance> model = task.choice.find(gist_cache_demands());
  model->start({}, 0);
  call_operation(*model, "save_gist_cache",
                 {{"ids", token_array(tokens, true)},
                  {"gist_places", token_array(places, true)},
                  {"file", bytes_array(settings.file)}});
  std::error_code missing;
  const std::uintmax_t bytes = std::filesystem::file_size(settings.file, missing);
  if (missing)
    throw Failure(ExitCode::failed, fmt::format("{} saved no gist cache: there is no file {}",
                                                model->planned().spec->name, settings.file));
  if (task.json) {
    const nlohmann::ordered_json answer = {{"file", settings.file},
                                           {"prompt_tokens", tokens.size()},
                                           {"kept_tokens", places.size()},
                                           {"bytes", bytes}};
    return task.write(json_line(answer));
  }
  task.talk(fmt::format("{}: {} of {} tokens are kept, {}", settings.file, places.size(), tokens.size(),
                        text::bytes_text(bytes)));
}

}  // namespace gistmill
