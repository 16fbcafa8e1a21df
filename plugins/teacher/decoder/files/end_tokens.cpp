#include "plugins/teacher/decoder/files/end_tokens.hpp"

#include <algorithm>
#include <charconv>
#include <gistmill/formats/json.hpp>
#include <gistmill/formats/json_cursor.hpp>
#include <gistmill/formats/mapped_file.hpp>
#include <map>
#include <string_view>

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;
using formats::printable;

struct EndName {
  std::string_view text;
  bool must_be_control;  // ordinary text may be called so too
};
constexpr EndName kEndNames[] = {
    {"<|eot_id|>", false},
    {"<|im_end|>", false},
    {"<|end|>", false},
    {"<|return|>", false},
    {"<|call|>", false},
    {"<|flush|>", false},
    {"<|calls|>", false},
    {"<end_of_turn>", false},
    {"<|endoftext|>", false},
    {"<|eom_id|>", false},
    {"<EOT>", false},
    {"_<EOT>", false},
    {"<|end_of_text|>", false},
    {"</s>", true},
    {"[EOT]", true},
    {"[EOS]", true},
    {"<eos>", true},
    {"<turn|>", true},
    {"<|tool_response>", true},
    {"<end_of_utterance>", false},
    {"<\xEF\xBD\x9C"  // DeepSeek's, with full-width bars and U+2581
     "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>",
     false},
};

// Between the files of code: padding, the name of a repository, the name of a file. Where no key says which,
// the first name that is there counts.
struct CodeToken {
  const char* key;
  std::vector<std::string_view> names;
};
const std::vector<CodeToken>& code_tokens() {
  static const std::vector<CodeToken> tokens = {
      {"tokenizer.ggml.fim_pad_token_id", {"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>"}},
      {"tokenizer.ggml.fim_rep_token_id",
       {"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"}},
      {"tokenizer.ggml.fim_sep_token_id", {"<|file_sep|>"}},
  };
  return tokens;
}

bool may_be_an_end(std::string_view text) {
  const auto is_it = [&](std::string_view name) { return name == text; };
  if (std::any_of(std::begin(kEndNames), std::end(kEndNames),
                  [&](const EndName& name) { return is_it(name.text); }))
    return true;
  return std::any_of(code_tokens().begin(), code_tokens().end(), [&](const CodeToken& token) {
    return std::any_of(token.names.begin(), token.names.end(), is_it);
  });
}

using ByName = std::map<std::string_view, const NamedToken*>;

// Where replies end otherwise, as a model's other tokens show, one name means something else.
bool is_overruled(std::string_view name, const ByName& found) {
  const auto has = [&](const char* other) { return found.count(other) > 0; };
  if (name == "</s>") return has("<|tool_response>");
  if (name != "<|end|>") return false;
  const bool call = has("<|call|>") || has("<|calls|>");
  return call && (has("<|return|>") || has("<|flush|>"));
}

void add_code_tokens(const ByName& found, EndTokens* ends) {
  for (const CodeToken& token : code_tokens()) {
    for (const std::string_view name : token.names) {
      const auto place = found.find(name);
      if (place == found.end() || !place->second->control) continue;
      ends->add(place->second->id, printable(name));
      break;
    }
  }
}

// One object of tokenizer.json's added_tokens.
NamedToken read_added(formats::JsonCursor& cursor) {
  NamedToken token;
  cursor.members([&](const formats::JsonString& key) {
    const formats::JsonKind kind = cursor.kind();
    if (key.raw == "content" && kind == formats::JsonKind::kString) {
      token.text = cursor.string().text();
    } else if (key.raw == "id" && kind == formats::JsonKind::kNumber) {
      token.id = cursor.number().as_signed().value_or(-1);
    } else if (key.raw == "special" && kind == formats::JsonKind::kBoolean) {
      token.control = cursor.boolean();
    } else {
      cursor.skip();
    }
  });
  return token;
}

// The list under this key, and what follows it; empty where there is none. It stands at the beginning of a
// file that may have 30 MB, the rest of which is not looked at.
std::string_view list_under(std::string_view key, std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  for (std::size_t at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
    const std::size_t colon = text.find_first_not_of(kSpace, at + key.size());
    if (colon == text.npos || text[colon] != ':') continue;
    const std::size_t value = text.find_first_not_of(kSpace, colon + 1);
    if (value != text.npos && text[value] == '[') return text.substr(value);
  }
  return {};
}

std::vector<NamedToken> read_tokenizer_json(const fs::path& path) {
  constexpr std::size_t kMaxDepth = 64;
  const formats::MappedFile file(path);
  const std::string_view list = list_under("\"added_tokens\"", file.bytes());
  std::vector<NamedToken> tokens;
  if (list.empty()) return tokens;
  const std::string name = path.string();
  formats::JsonCursor cursor(list, name, kMaxDepth, formats::JsonCursor::Place::kByte);
  cursor.elements([&] {
    if (cursor.kind() != formats::JsonKind::kObject) return cursor.skip();
    NamedToken token = read_added(cursor);
    if (token.id >= 0 && may_be_an_end(token.text)) tokens.push_back(std::move(token));
  });
  return tokens;
}

std::vector<NamedToken> read_tokenizer_config(const fs::path& path) {
  std::vector<NamedToken> tokens;
  constexpr formats::JsonLimits kLimits = {std::size_t{64} << 20, 64,
                                           std::size_t{1} << 21};  // as tokenizers'
  const nlohmann::json config = formats::read_json_file(path, kLimits);
  const auto decoder = config.find("added_tokens_decoder");
  if (decoder == config.end() || !decoder->is_object()) return tokens;
  for (const auto& [key, value] : decoder->items()) {
    NamedToken token;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), token.id);
    if (error != std::errc() || end != key.data() + key.size() || !value.is_object()) continue;
    const auto content = value.find("content");
    const auto special = value.find("special");
    if (content == value.end() || !content->is_string()) continue;
    token.text = content->get<std::string>();
    token.control = special != value.end() && *special == true;
    if (may_be_an_end(token.text)) tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace

void EndTokens::add(std::int64_t id, const std::string& source) {
  const bool known =
      std::any_of(tokens_.begin(), tokens_.end(), [&](const EndToken& token) { return token.id == id; });
  if (id >= 0 && !known) tokens_.push_back({id, source});
}

std::vector<std::int64_t> EndTokens::ids() const {
  std::vector<std::int64_t> ids;
  for (const EndToken& token : tokens_) ids.push_back(token.id);
  return ids;
}

void put_end_tokens(const EndTokens& ends, ModelPlan* plan) {
  plan->config.end_tokens = ends.ids();
  plan->end_token_sources.clear();
  for (const EndToken& token : ends.all()) plan->end_token_sources.push_back(token.source);
}

void add_by_name(const std::vector<NamedToken>& tokens, EndTokens* ends) {
  ByName found;
  for (const NamedToken& token : tokens) found.emplace(token.text, &token);
  for (const EndName& name : kEndNames) {
    const auto place = found.find(name.text);
    if (place == found.end() || is_overruled(name.text, found)) continue;
    if (place->second->control || !name.must_be_control) ends->add(place->second->id, printable(name.text));
  }
  add_code_tokens(found, ends);
}

EndTokens end_tokens_of(const formats::Gguf& file) {
  constexpr std::int64_t kControl = 3;  // of tokenizer.ggml.token_type
  EndTokens ends;
  for (const char* key :
       {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
    ends.add(file.integer_or(key, -1), key);
  }
  for (const CodeToken& token : code_tokens()) ends.add(file.integer_or(token.key, -1), token.key);
  if (!file.has("tokenizer.ggml.tokens")) return ends;
  const std::vector<std::string_view> texts = file.strings("tokenizer.ggml.tokens");
  std::vector<std::int64_t> types;
  if (file.has("tokenizer.ggml.token_type")) types = file.integers("tokenizer.ggml.token_type");
  std::vector<NamedToken> tokens;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!may_be_an_end(texts[i])) continue;
    const bool control = i < types.size() && types[i] == kControl;
    tokens.push_back({std::string(texts[i]), static_cast<std::int64_t>(i), control});
  }
  add_by_name(tokens, &ends);
  return ends;
}

std::vector<NamedToken> added_tokens_of(const fs::path& folder) {
  try {
    if (fs::exists(folder / "tokenizer.json")) return read_tokenizer_json(folder / "tokenizer.json");
    if (fs::exists(folder / "tokenizer_config.json"))
      return read_tokenizer_config(folder / "tokenizer_config.json");
  } catch (const formats::FormatError&) {
  }
  return {};
}

}  // namespace gistmill::decoder
