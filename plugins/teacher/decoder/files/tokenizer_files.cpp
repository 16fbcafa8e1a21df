#include "plugins/teacher/decoder/files/tokenizer_files.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include <gistmill/files/new_file.hpp>
#include <gistmill/formats/error.hpp>
#include <gistmill/formats/json.hpp>
#include <nlohmann/json.hpp>

namespace gistmill::decoder {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kTokenizer = "tokenizer.json";
constexpr const char* kConfig = "tokenizer_config.json";
constexpr const char* kSpecialMap = "special_tokens_map.json";
constexpr const char* kAdded = "added_tokens.json";
constexpr const char* kVocabulary = "vocab.json";
constexpr const char* kSentencePiece = "tokenizer.model";
constexpr const char* kOurs = "trained_tokens.json";

// Larger vocabularies than any model has; a value is a token or a merge.
constexpr formats::JsonLimits kLimits = {std::size_t{512} << 20, 64, std::size_t{1} << 24};

json read(const fs::path& file) { return formats::read_json_file(file, kLimits); }

void write(const fs::path& file, const json& value) {
  files::write_file(file, value.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

// Tokens and the ids that they have where `tokenizers` and transformers read the files: those of the model as
// the files say, and behind them each other one the number of tokens before it, whatever the files say.
class KnownTokens {
 public:
  bool empty() const { return ids_.empty(); }
  std::optional<std::int64_t> id_of(const std::string& text) const {
    const auto found = ids_.find(text);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  void take_model(const std::string& text, std::int64_t id) {
    ids_[text] = id;
    own_[id] = text;
  }
  void take_models(const json& table) {
    if (!table.is_object()) return;
    for (const auto& [text, id] : table.items())
      if (id.is_number_integer()) take_model(text, id.get<std::int64_t>());
  }
  // Throws FormatError where the number is the id of one of the model's own: ids with holes.
  std::int64_t add(const std::string& text, const fs::path& folder) {
    if (const auto known = id_of(text)) return *known;
    const auto id = counts_ ? static_cast<std::int64_t>(ids_.size()) : own_.rbegin()->first + 1;
    if (const auto other = own_.find(id); other != own_.end()) {
      throw formats::FormatError(folder.string() + ": token " + formats::printable(text) +
                                 " would be number " + std::to_string(id) + ", which is the id of token " +
                                 formats::printable(other->second) +
                                 ", for the ids of the tokenizer have holes; name a token for it that the "
                                 "vocabulary has, or fill the holes");
    }
    counts_ ? void(ids_[text] = id) : take_model(text, id);
    return id;
  }
  // added_tokens.json: tokens behind those of the model; where these are in a file that is not read here, by
  // the ids that it says.
  void take_added(const json& table, bool model_is_known, const fs::path& folder) {
    if (!model_is_known) {
      counts_ = false;
      return take_models(table);
    }
    std::map<std::int64_t, std::string> by_id;
    if (!table.is_object()) return;
    for (const auto& [text, id] : table.items())
      if (id.is_number_integer() && !text.empty()) by_id[id.get<std::int64_t>()] = text;
    for (const auto& [id, text] : by_id) add(text, folder);
  }

 private:
  std::map<std::string, std::int64_t> ids_;
  std::map<std::int64_t, std::string> own_;  // the model's
  bool counts_ = true;
};

// Of tokenizer.json: a table of ids, or of unigrams a list of texts with scores; then what was added.
void take_tokenizer(KnownTokens& known, const json& tokenizer, const fs::path& folder) {
  const json none;
  const json& model = tokenizer.contains("model") ? tokenizer["model"] : none;
  const json& vocabulary = model.is_object() && model.contains("vocab") ? model["vocab"] : none;
  known.take_models(vocabulary);
  for (std::size_t i = 0; vocabulary.is_array() && i < vocabulary.size(); ++i) {
    const json& entry = vocabulary[i];
    if (entry.is_array() && !entry.empty() && entry[0].is_string())
      known.take_model(entry[0].get<std::string>(), static_cast<std::int64_t>(i));
  }
  const json& added = tokenizer.contains("added_tokens") ? tokenizer["added_tokens"] : none;
  for (std::size_t i = 0; added.is_array() && i < added.size(); ++i) {
    const bool has_text =
        added[i].is_object() && added[i].contains("content") && added[i]["content"].is_string();
    const std::string text = has_text ? added[i]["content"].get<std::string>() : std::string();
    if (!text.empty()) known.add(text, folder);
  }
}

bool has_tokenizer(const fs::path& folder) {
  for (const char* file : {kTokenizer, kVocabulary, kSentencePiece}) {
    if (fs::is_directory(folder) && fs::exists(folder / file)) return true;
  }
  return false;
}

// Every token that the folder's files name.
KnownTokens known_tokens(const fs::path& folder) {
  KnownTokens known;
  if (!fs::is_directory(folder)) return known;
  if (fs::exists(folder / kTokenizer)) {
    take_tokenizer(known, read(folder / kTokenizer), folder);
  } else if (fs::exists(folder / kVocabulary)) {
    known.take_models(read(folder / kVocabulary));
  }
  const bool model_is_known = !known.empty();
  if (fs::exists(folder / kAdded)) known.take_added(read(folder / kAdded), model_is_known, folder);
  return known;
}

json entry_of(const SpecialToken& token) {
  return {{"content", token.text}, {"single_word", false}, {"lstrip", false},
          {"rstrip", false},       {"normalized", false},  {"special", true}};
}

// `list` with the text, once.
void add_text(json& list, const std::string& text) {
  if (!list.is_array()) list = json::array();
  for (const json& one : list) {
    if (one == text || (one.is_object() && one.value("content", "") == text)) return;
  }
  list.push_back(text);
}

template <class Change>
void change(const fs::path& file, const Change& body) {
  if (!fs::exists(file)) return;
  json value = read(file);
  if (!value.is_object()) throw formats::FormatError(file.string() + ": is no object");
  body(value);
  write(file, value);
}

bool has_list(const json& values, const char* key) {
  const auto found = values.is_object() ? values.find(key) : values.end();
  return found != values.end() && found->is_array();
}

// transformers 5 reads one list of special tokens without a role: the newer key's, else the older one's, else
// that of special_tokens_map.json. A list that was not there would hide that one.
void add_to_configuration(const std::vector<SpecialToken>& tokens, bool map_has_list, json* config) {
  const bool newer = has_list(*config, "extra_special_tokens");
  const bool lists = newer || has_list(*config, "additional_special_tokens") || !map_has_list;
  const bool numbered = config->contains("added_tokens_decoder");
  for (const SpecialToken& token : tokens) {
    if (numbered) (*config)["added_tokens_decoder"][std::to_string(token.id)] = entry_of(token);
    if (lists) add_text((*config)[newer ? "extra_special_tokens" : "additional_special_tokens"], token.text);
  }
}

}  // namespace

std::vector<SpecialToken> number_tokens(const std::vector<std::string>& texts, const fs::path& folder,
                                        const TokenizerFiles& given, std::int64_t vocabulary) {
  KnownTokens known = known_tokens(folder);
  if (!has_tokenizer(folder) && !given.tokenizer.empty())
    take_tokenizer(known, formats::parse_json(given.tokenizer, kTokenizer, kLimits), folder);
  std::vector<SpecialToken> tokens;
  if (known.empty()) {  // they follow the rows of the table
    for (const std::string& text : texts) tokens.push_back({text, vocabulary++});
    return tokens;
  }
  for (const std::string& text : texts) tokens.push_back({text, known.add(text, folder)});
  return tokens;
}

bool write_tokenizer(const TokenizerFiles& given, const fs::path& folder) {
  if (has_tokenizer(folder)) return true;
  if (given.tokenizer.empty()) return false;
  files::write_file(folder / kTokenizer, given.tokenizer);
  files::write_file(folder / kConfig, given.configuration);
  return true;
}

void write_special_tokens(const std::vector<SpecialToken>& tokens, const fs::path& folder) {
  change(folder / kTokenizer, [&](json& tokenizer) {
    json& added = tokenizer["added_tokens"];
    if (!added.is_array()) added = json::array();
    for (const SpecialToken& token : tokens) {
      json entry = entry_of(token);
      entry["id"] = token.id;
      const auto same = [&](const json& one) {
        return one.is_object() && one.value("content", "") == token.text;
      };
      const auto found = std::find_if(added.begin(), added.end(), same);
      if (found == added.end()) added.push_back(std::move(entry));
    }
  });
  const bool has_map = fs::exists(folder / kSpecialMap);
  const bool map_has_list = has_map && has_list(read(folder / kSpecialMap), "additional_special_tokens");
  bool numbered = fs::exists(folder / kTokenizer);
  change(folder / kConfig, [&](json& config) {
    add_to_configuration(tokens, map_has_list, &config);
    numbered = numbered || config.contains("added_tokens_decoder");
  });
  // An added_tokens_decoder of these tokens alone would say that the model has no others.
  if (!numbered && has_tokenizer(folder) && !fs::exists(folder / kAdded))
    write(folder / kAdded, json::object());
  change(folder / kSpecialMap, [&](json& map) {
    for (const SpecialToken& token : tokens) add_text(map["additional_special_tokens"], token.text);
  });
  change(folder / kAdded, [&](json& added) {
    for (const SpecialToken& token : tokens) added[token.text] = token.id;
  });
  json ours = {{"tokens", json::array()}};
  for (const SpecialToken& token : tokens) ours["tokens"].push_back({{"text", token.text}, {"id", token.id}});
  write(folder / kOurs, ours);
}

}  // namespace gistmill::decoder
