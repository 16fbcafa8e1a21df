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

// Named by every tokenizer of transformers, in its order.
constexpr const char* kRoles[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                  "pad_token", "cls_token", "mask_token"};

bool flag(const json& token, const char* key, bool otherwise = false) {
  const auto found = token.find(key);
  return found != token.end() && found->is_boolean() ? found->get<bool>() : otherwise;
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

// A token as the files write it: its text, or an object with flags beside its text. A special token is looked
// for in text as it is, another one in normalized text, unless the file says otherwise.
AddedToken read_token(const json& token, bool special) {
  const std::string content = token_text({{"token", token}}, "token");
  if (!token.is_object()) return {-1, content, special, false, false, !special};
  return {-1,
          content,
          special,
          flag(token, "lstrip"),
          flag(token, "rstrip"),
          flag(token, "normalized", !special),
          flag(token, "single_word")};
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
    AddedToken read = read_token(token, flag(token, "special"));
    read.id = std::stoi(key);
    (*tokens)[read.id] = std::move(read);
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

// A list or an object of tokens; nothing where the key holds neither.
void read_tokens(const json& config, const char* key, std::vector<AddedToken>* tokens) {
  const auto found = config.find(key);
  if (found == config.end() || !(found->is_array() || found->is_object())) return;
  for (const json& token : *found) tokens->push_back(read_token(token, true));
}

bool has_tokens(const json& config, const char* key) {
  const auto found = config.find(key);
  return found != config.end() && (found->is_array() || found->is_object()) && !found->empty();
}

// Special tokens that the configuration names, in the order of transformers: those of the known roles, those
// of roles of the model's own ("image_token"), and more without a role.
std::vector<AddedToken> special_tokens(const json& config) {
  std::vector<AddedToken> tokens;
  for (const char* role : kRoles) {
    if (config.contains(role)) tokens.push_back(read_token(config[role], true));
  }
  for (const auto& [key, token] : config.items()) {
    const bool known = std::find(std::begin(kRoles), std::end(kRoles), key) != std::end(kRoles);
    if (!known && key.ends_with("_token")) tokens.push_back(read_token(token, true));
  }
  // Those by name are roles of the model's own, beside which the older name still counts.
  const json extra = config.value("extra_special_tokens", json());
  if (extra.is_object()) read_tokens(config, "extra_special_tokens", &tokens);
  read_tokens(config, extra.is_array() ? "extra_special_tokens" : "additional_special_tokens", &tokens);
  std::erase_if(tokens, [](const AddedToken& token) { return token.content.empty(); });
  return tokens;
}

}  // namespace

json effective_config(const fs::path& folder) {
  json config = tokenizer_config(folder);
  // The older of the two names, where the newer one is not there or empty; before the map is read, so that
  // its list under the older name does not count beside this one.
  if (config.contains("additional_special_tokens") && !has_tokens(config, "extra_special_tokens")) {
    config["extra_special_tokens"] = config["additional_special_tokens"];
    config.erase("additional_special_tokens");
  }
  if (added_decoder(config) != nullptr) return config;
  json map = object_or_none(folder / "special_tokens_map.json");
  json extra = config.value("extra_special_tokens", json());
  if (const auto more = map.find("extra_special_tokens");
      more != map.end() && more->is_array() && extra.is_array()) {
    extra.insert(extra.end(), more->begin(), more->end());
    *more = std::move(extra);
  }
  config.update(map);
  return config;
}

bool says_all_added_tokens(const json& config) { return added_decoder(config) != nullptr; }

TokensBeside tokens_beside(const fs::path& folder, const json& config) {
  std::map<std::int32_t, AddedToken> tokens;
  const json* const decoder = added_decoder(config);
  if (decoder != nullptr) {
    read_decoder(*decoder, (folder / "tokenizer_config.json").string(), &tokens);
  } else {
    read_added(folder / "added_tokens.json", &tokens);
  }
  TokensBeside result;
  result.overrule = decoder != nullptr;
  std::set<std::string> seen, named;
  const std::vector<AddedToken> special = special_tokens(config);
  for (const AddedToken& token : special) named.insert(token.content);
  for (auto& [id, token] : tokens) {
    if (token.content.empty()) continue;  // there is no such token: those behind it move up
    if (!seen.insert(token.content).second) continue;
    const bool is_named = named.contains(token.content);
    // added_tokens.json has no flags: a named token is special and looked for as it is.
    if (is_named && decoder == nullptr) token.normalized = false;
    token.special = token.special || is_named;
    result.tokens.push_back(std::move(token));
  }
  for (const AddedToken& token : special) {
    if (seen.insert(token.content).second) result.tokens.push_back(token);
  }
  result.special = std::move(named);
  return result;
}

void add_tokens_beside(const TokensBeside& beside, CommonVocabulary* vocabulary) {
  std::map<std::string, std::int32_t, std::less<>> wanted;  // text -> id in the vocabulary
  for (const AddedToken& token : beside.tokens) wanted.emplace(token.content, -1);
  for (std::size_t id = 0; id < vocabulary->tokens.size(); ++id) {
    const auto found = wanted.find(vocabulary->tokens[id]);
    if (found != wanted.end() && found->second < 0) found->second = static_cast<std::int32_t>(id);
  }
  std::map<std::string, std::size_t, std::less<>> listed;
  for (std::size_t i = 0; i < vocabulary->added.size(); ++i) listed.emplace(vocabulary->added[i].content, i);
  for (AddedToken token : beside.tokens) {
    const std::int32_t known = wanted.at(token.content);
    const auto own = listed.find(token.content);
    if (own != listed.end() && (token.id < 0 || !beside.overrule)) continue;
    const std::int32_t expected = known >= 0 ? known : vocabulary->append(token.content);
    if (token.id >= 0) vocabulary->renumbered.see(token.content, token.id, expected);
    token.id = expected;
    if (own != listed.end()) {
      vocabulary->added[own->second] = std::move(token);
      continue;
    }
    vocabulary->added.push_back(std::move(token));
  }
}

}  // namespace gistmill::tokenizer
