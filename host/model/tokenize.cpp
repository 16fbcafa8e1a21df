// tokenize and its reverse.
#include <fmt/format.h>

#include <charconv>

#include "host/diagnostic/failure.hpp"
#include "host/model/json_text.hpp"
#include "host/model/model_task.hpp"
#include "host/model/text_codec.hpp"
#include "host/recipe/value.hpp"

namespace gistmill {

namespace {

constexpr std::size_t kPiece = 1 << 16;  // bytes written at a time

void write_ids(const ModelTask& task, const Tokens& tokens, const char* separator) {
  fmt::memory_buffer piece;
  const char* between = "";
  for (const std::int32_t token : tokens) {
    fmt::format_to(std::back_inserter(piece), "{}{}", between, token);
    between = separator;
    if (piece.size() < kPiece) continue;
    task.write({piece.data(), piece.size()});
    piece.clear();
  }
  task.write({piece.data(), piece.size()});
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// One number for each word of `ids`.
Tokens parse_ids(const std::string& ids, const std::string& source) {
  Tokens tokens;
  const char* const end = ids.data() + ids.size();
  for (const char* at = ids.data(); at != end;) {
    if (is_space(*at)) {
      ++at;
      continue;
    }
    const char* word_end = at;
    while (word_end != end && !is_space(*word_end)) ++word_end;
    std::int32_t token = 0;
    const auto [rest, error] = std::from_chars(at, word_end, token);
    if (error != std::errc() || rest != word_end || token < 0) {
      constexpr std::ptrdiff_t kShown = 24;
      const std::string word(at, std::min(word_end, at + kShown));
      throw Failure(
          ExitCode::recipe,
          fmt::format("{}: {} at byte {} is not a token id", source, string_text(word), at - ids.data()),
          {"ids are numbers from 0 with spaces between them, as gistmill tokenize writes them"});
    }
    tokens.push_back(token);
    at = word_end;
  }
  return tokens;
}

}  // namespace

void tokenize(const ModelTask& task, const std::string& text) {
  const TextCodec codec(task.choice.find(text_demands()));
  const Tokens tokens = codec.encode(text);
  if (task.json) task.write(fmt::format("{{\"count\":{},\"tokens\":[", tokens.size()));
  write_ids(task, tokens, task.json ? "," : " ");
  task.write(task.json ? "]}\n" : "\n");
}

void detokenize(const ModelTask& task, const std::string& ids, const std::string& source) {
  const Tokens tokens = parse_ids(ids, source);
  const TextCodec codec(task.choice.find(text_demands()));
  const std::string text = codec.decode(tokens);
  if (!task.json) return task.write(text);
  nlohmann::ordered_json answer;
  put_text(answer, text);
  task.write(json_line(answer));
}

}  // namespace gistmill
