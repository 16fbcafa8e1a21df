#include "plugins/teacher/decoder/files/tokenizer_files.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <gistmill/files/new_file.hpp>
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

void take(std::map<std::string, std::int64_t>& ids, const json& table) {
  if (!table.is_object()) return;
  for (const auto& [text, id] : table.items()) {
    if (id.is_number_integer()) ids[text] = id.get<std::int64_t>();
  }
}

// Of tokenizer.json: a table of ids, or of unigrams a list of texts with scores; then what was added.
void take_tokenizer(std::map<std::string, std::int64_t>& ids, const json& tokenizer) {
  const json none;
  const json& model = tokenizer.contains("model") ? tokenizer["model"] : none;
  const json& vocabulary = model.is_object() && model.contains("vocab") ? model["vocab"] : none;
  take(ids, vocabulary);
  for (std::size_t i = 0; vocabulary.is_array() && i < vocabulary.size(); ++i) {
    const json& entry = vocabulary[i];
    if (entry.is_array() && !entry.empty() && entry[0].is_string())
      ids[entry[0].get<std::string>()] = static_cast<std::int64_t>(i);
  }
  const json& added = tokenizer.contains("added_tokens") ? tokenizer["added_tokens"] : none;
  for (std::size_t i = 0; added.is_array() && i < added.size(); ++i) {
    if (added[i].is_object() && added[i].contains("content") && added[i]["content"].is_string() &&
        added[i].contains("id") && added[i]["id"].is_number_integer())
      ids[added[i]["content"].get<std::string>()] = added[i]["id"].get<std::int64_t>();
  }
}

bool has_tokenizer(const fs::path& folder) {
  for (const char* file : {kTokenizer, kVocabulary, kSentencePiece}) {
    if (fs::is_directory(folder) && fs::exists(folder / file)) return true;
  }
  return false;
}

// Every token that the folder's files name, with its id.
std::map<std::string, std::int64_t> known_tokens(const fs::path& folder) {
  std::map<std::string, std::int64_t> ids;
  if (!fs::is_directory(folder)) return ids;
  if (fs::exists(folder / kTokenizer)) take_tokenizer(ids, read(folder / kTokenizer));
  for (const char* file : {kVocabulary, kAdded}) {
    if (fs::exists(folder / file)) take(ids, read(folder / file));
  }
  return ids;
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
  std::map<std::string, std::int64_t> known = known_tokens(folder);
  if (!has_tokenizer(folder) && !given.tokenizer.empty())
    take_tokenizer(known, formats::parse_json(given.tokenizer, kTokenizer, kLimits));
  std::int64_t next = known.empty() ? vocabulary : 0;
  for (const auto& [text, id] : known) next = std::max(next, id + 1);
  std::vector<SpecialToken> tokens;
  for (const std::string& text : texts) {
    const auto found = known.find(text);
    tokens.push_back({text, found == known.end() ? next++ : found->second});
  }
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
