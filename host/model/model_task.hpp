// The verbs on a model outside of a recipe. Each writes its answer piece by piece and throws Failure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/component_choice.hpp"

namespace gistmill {

// What they share.
struct ModelTask {
  ModelChoice choice;
  bool json = false;
  std::function<void(std::string_view)> write;  // the answer; throws where nobody reads it
  std::function<void(std::string_view)> talk;   // a line to the user beside it
};

// The ids of `text`, which is one document, on one line.
void tokenize(const ModelTask& task, const std::string& text);

// The bytes that `ids`, numbers between spaces, stand for. `source` names them in errors.
void detokenize(const ModelTask& task, const std::string& ids, const std::string& source);

// A document of a gist store that stands in front of a text.
struct StoreSettings {
  std::string file;
  std::optional<std::string> document;  // without: the last
  std::int64_t recent = 256;            // tokens at its end that stand as they are, at least
  std::int64_t level1 = 4096;           // tokens at its end that gists of level 2 never stand for
};

struct ScoreSettings {
  std::int64_t window = 0;  // tokens a pass reads; 0: as many as the model takes
  std::int64_t stride = 0;  // tokens between windows; 0: half a window
  bool per_token = false;
  std::optional<StoreSettings> store;
};
// How well the model predicts `text`: mean negative log-likelihood in nats, and perplexity.
void score(const ModelTask& task, const std::string& text, const ScoreSettings& settings);

struct GenerateSettings {
  std::uint64_t seed = 0;
  bool chat = false;
  std::optional<std::string> system;  // an empty message is one
  bool continues = false;             // behind a gist cache or a store: the prompt begins no document
  bool cost = false;                  // measures the first token for itself, and says what all of it took
  std::string cache;                  // the file of the gist cache, for its size
  std::optional<StoreSettings> store;
};
// How the model continues `prompt`.
void generate(const ModelTask& task, const std::string& prompt, const GenerateSettings& settings);

struct GistCacheSettings {
  std::string file;
  // How the prompt writes gist tokens; empty: <GIST>, or <GIST_1>, <GIST_2>, .., whatever the model has.
  std::vector<std::string> tokens;
  bool whole = false;  // every token of the prompt counts as one
};
// Keeps of `prompt`, which ends with its gist tokens, nothing but what these hold, in a file that generate
// continues from; or all of it.
void save_gist_cache(const ModelTask& task, const std::string& prompt, const GistCacheSettings& settings);

// A document of the gist store `file` (none: the last) as a file that other programs read: FILE.safetensors,
// FILE.npy, whatever the store's component makes. Throws Failure.
void export_file(Registry& registry, const std::string& file, const std::optional<std::string>& document,
                 const std::string& target);

// What the model's files hold, without loading weights. -> ExitCode::recipe where a part of it has a fault:
// it is shown in that part's place.
ExitCode inspect(const ModelTask& task);

}  // namespace gistmill
