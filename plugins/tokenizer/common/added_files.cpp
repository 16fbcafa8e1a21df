#include "plugins/tokenizer/common/added_files.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include <gistmill/formats/json.hpp>

#include "plugins/tokenizer/common/model_files.hpp"
#include "plugins/tokenizer/common/vocabulary.hpp"

namespace gistmill::tokenizer {
namespace {

namespace fs = std::filesystem;
using formats::printable;
using nlohmann::json;

constexpr const char* kAdditional = "additional_special_tokens";

bool flag(const json& token, const char* key) {
  const auto found = token.find(key);
  return found != token.end() && found->is_boolean() && found->get<bool>();
}

json object_or_none(const fs::path& path) {
  if (!fs::exists(path)) return json::object();
  json value = formats::read_json_file(path, kTokenizerJsonLimits);
  if (!value.is_object()) throw formats::FormatError(path.string() + ": is not an object");
  return value;
}

const json* added_decoder(const json& config) {
  const auto found = config.find("added_tokens_decoder");
  return found != config.end() && found->is_object() ? &*found : nullptr;
}

// {"5": {"content": "<GIST>", "special": true}}
void read_decoder(const json& decoder, const std::string& source,
                  std::map<std::int32_t, AddedToken>* tokens) {
  for (const auto& [key, token] : decoder.items()) {
    if (key.empty() || key.size() > 9 || key.find_first_not_of("0123456789") != std::string::npos ||
        !token.is_object()) {
      throw formats::FormatError(source + ": added_tokens_decoder has entry " + printable(key) +
                                 ", expected a token under its id");
    }
    if (flag(token, "single_word"))
      throw formats::FormatError(source + ": added token " + printable(key) +
                                 " has single_word, which is not supported");
    const std::int32_t id = std::stoi(key);
    (*tokens)[id] = {id,
                     token_text({{"token", token}}, "token"),
                     flag(token, "special"),
                     flag(token, "lstrip"),
                     flag(token, "rstrip"),
                     flag(token, "normalized")};
  }
}

// {"<GIST>": 5}
void read_added(const fs::path& path, std::map<std::int32_t, AddedToken>* tokens) {
  const json entries = object_or_none(path);
  for (const auto& [content, id] : entries.items()) {
    const bool is_id =
        id.is_number_unsigned() &&
        id.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
    if (!is_id)
      throw formats::FormatError(path.string() + ": the id of " + printable(content) + " is no token id");
    const auto number = id.get<std::int32_t>();
    (*tokens)[number] = {number, content, false, false, false, true};
  }
}

// Special tokens that the configuration names, in the order of transformers.
std::vector<std::string> special_texts(const json& config) {
  std::vector<std::string> texts;
  for (const char* key :
       {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"})
    texts.push_back(token_text(config, key));
  const auto more = config.find(kAdditional);
  if (more != config.end() && more->is_array()) {
    for (const json& token : *more) texts.push_back(token_text({{"token", token}}, "token"));
  }
  std::erase(texts, "");
  return texts;
}

bool is_additional(const json& config, const std::string& text) {
  const auto more = config.find(kAdditional);
  return more != config.end() && more->is_array() &&
         std::any_of(more->begin(), more->end(), [&](const json& token) {
           return token_text({{"token", token}}, "token") == text;
         });
}

}  // namespace

json effective_config(const fs::path& folder) {
  json config = tokenizer_config(folder);
  if (added_decoder(config) != nullptr) return config;
  config.update(object_or_none(folder / "special_tokens_map.json"));
  return config;
}

std::vector<AddedToken> tokens_beside(const fs::path& folder, const json& config) {
  std::map<std::int32_t, AddedToken> tokens;
  if (const json* decoder = added_decoder(config)) {
    read_decoder(*decoder, (folder / "tokenizer_config.json").string(), &tokens);
  } else {
    read_added(folder / "added_tokens.json", &tokens);
  }
  std::vector<AddedToken> result;
  std::set<std::string> seen;
  const std::vector<std::string> special = special_texts(config);
  for (auto& [id, token] : tokens) {
    if (!seen.insert(token.content).second) continue;
    if (std::find(special.begin(), special.end(), token.content) != special.end()) {
      token.special = true;
      token.normalized = false;
    }
    result.push_back(std::move(token));
  }
  for (const std::string& text : special) {
    if (seen.insert(text).second) result.push_back({-1, text, true, false, false, false});
  }
  return result;
}

void add_tokens_beside(const std::vector<AddedToken>& tokens, const json& config,
                       CommonVocabulary* vocabulary) {
  std::map<std::string, std::int32_t, std::less<>> wanted;  // text -> id in the vocabulary
  for (const AddedToken& token : tokens) wanted.emplace(token.content, -1);
  for (std::size_t id = 0; id < vocabulary->tokens.size(); ++id) {
    const auto found = wanted.find(vocabulary->tokens[id]);
    if (found != wanted.end() && found->second < 0) found->second = static_cast<std::int32_t>(id);
  }
  std::set<std::string, std::less<>> listed;
  for (const AddedToken& token : vocabulary->added) listed.insert(token.content);
  for (AddedToken token : tokens) {
    if (listed.contains(token.content)) continue;
    const std::int32_t known = wanted.at(token.content);
    const auto next = static_cast<std::int32_t>(vocabulary->tokens.size());
    // What has a role but is no token anywhere has no id; what is named as an additional token becomes one.
    if (known < 0 && token.id < 0 && !is_additional(config, token.content)) continue;
    const std::int32_t expected = known >= 0 ? known : next;
    if (token.id >= 0 && token.id != expected) {
      vocabulary->fail("added token " + printable(token.content) + " has id " + std::to_string(token.id) +
                       " when it should be " + std::to_string(expected));
    }
    token.id = expected;
    if (known < 0) vocabulary->tokens.add(token.content);
    vocabulary->added.push_back(std::move(token));
  }
}

}  // namespace gistmill::tokenizer
