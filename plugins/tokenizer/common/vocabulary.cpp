// The common part of vocabularies, from GGUF metadata and from tokenizer.json.
#include "plugins/tokenizer/common/vocabulary.hpp"

#include <limits>
#include <map>
#include <numeric>

#include "plugins/tokenizer/common/added_files.hpp"
#include "plugins/tokenizer/common/post_processor.hpp"
#include "plugins/tokenizer/common/settings.hpp"

namespace gistmill::tokenizer {
namespace {

using formats::printable;

// So many ids without a token may lie between the others. cl100k has 16 of them, o200k 19.
constexpr std::size_t kMostHoles = 1024;

// The model's own tokens in the order of their ids.
void add_model_tokens(const TokenIds& ids, CommonVocabulary* vocabulary) {
  const std::size_t count = ids.ids.size(), most = count + kMostHoles;
  std::vector<std::int32_t> place(count, -1);
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = static_cast<std::size_t>(ids.ids[i]);
    // Made where it is needed: as printable text every token would take a tenth of the time to load.
    const auto token = [&] { return "token " + printable(ids.tokens[i]) + " has id " + std::to_string(id); };
    if (id >= most) {
      vocabulary->fail(token() + " of " + std::to_string(count) + " tokens, expected less than " +
                       std::to_string(most) + ": at most " + std::to_string(kMostHoles) +
                       " ids without a token are taken");
    }
    if (id >= place.size()) place.resize(id + 1, -1);
    if (place[id] >= 0) vocabulary->fail(token() + ", as another has");
    place[id] = static_cast<std::int32_t>(i);
  }
  vocabulary->model_tokens = place.size();
  vocabulary->tokens.reserve(place.size(), ids.tokens.bytes());
  for (std::size_t id = 0; id < place.size(); ++id) {
    const std::int32_t i = place[id];
    vocabulary->tokens.add(i < 0 ? std::string_view() : ids.tokens[static_cast<std::size_t>(i)]);
    if (i < 0) vocabulary->holes.insert(static_cast<std::int32_t>(id));
  }
}

// The places of added tokens in the file, in the order in which they get their ids. Of several with one id
// the last one counts where they are sorted by it.
std::vector<std::size_t> order_of_added(const TokenizerJson& file, bool by_ids) {
  std::vector<std::size_t> order(file.added.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!by_ids) return order;
  std::map<std::int32_t, std::size_t> sorted;
  for (const std::size_t i : order) sorted[file.added[i].id] = i;
  order.clear();
  for (const auto& [id, i] : sorted) order.push_back(i);
  return order;
}

void add_tokens(const TokenizerJson& file, bool by_ids, CommonVocabulary* vocabulary) {
  // Indexes the model's tokens only: those that follow are appended while it is in use.
  StringIndex model(vocabulary->tokens);
  for (std::size_t i = 0; i < vocabulary->tokens.size(); ++i) model.insert(static_cast<std::int32_t>(i));
  std::map<std::string, std::size_t, std::less<>> seen;
  for (const std::size_t i : order_of_added(file, by_ids)) {
    const JsonAddedToken& token = file.added[i];
    const std::string content(file.added_contents[i]);
    if (content.empty()) continue;  // there is no such token: those behind it move up
    const auto [place, is_new] = seen.emplace(content, vocabulary->added.size());
    if (is_new) vocabulary->added.emplace_back();
    AddedToken& added = vocabulary->added[place->second];
    std::int32_t id = is_new ? model.find(content) : added.id;
    if (id < 0) id = vocabulary->append(content);
    vocabulary->renumbered.see(content, token.id, id);
    added = {id, content, token.special, token.lstrip, token.rstrip, token.normalized, token.single_word};
  }
}

// To transformers the token that tokenizer.json pads with is the pad token, and so special, where no file
// beside it speaks of one. `tokenizers`, which reads tokenizer.json alone, knows no such role.
nlohmann::json with_pad_token(nlohmann::json values, const TokenizerJson& file,
                              const std::filesystem::path& folder) {
  const bool alone = values.empty() && !std::filesystem::exists(folder / "config.json");
  if (alone || values.contains("pad_token") || !file.padding.is_object()) return values;
  const auto token = file.padding.find("pad_token");
  if (token != file.padding.end() && token->is_string()) values["pad_token"] = *token;
  return values;
}

}  // namespace

void Renumbered::see(std::string_view content, std::int32_t stated, std::int32_t given) {
  if (stated == given) return;
  if (count++ > 0) return;
  first = "added token " + printable(content) + " has id " + std::to_string(given) +
          ", as in transformers, not " + std::to_string(stated) + " as its file says";
}

std::string Renumbered::note() const {
  return first + (count < 2 ? "" : "; and " + std::to_string(count - 1) + " more");
}

std::int32_t CommonVocabulary::append(std::string_view content) {
  const std::size_t id = model_tokens - holes.size() + appended_++;
  if (id >= tokens.size()) {
    tokens.add(content);
  } else if (!is_own(id)) {
    tokens.set(id, content);
  } else {
    fail("added token " + printable(content) + " would be number " + std::to_string(id) +
         ", which is the id of token " + printable(tokens[id]) +
         ", for the ids have holes; expected it in the model's vocabulary, with an id of its own");
  }
  return static_cast<std::int32_t>(id);
}

void CommonVocabulary::fail(const std::string& message) const {
  throw formats::FormatError(source + ": " + message);
}

void CommonVocabulary::add_to(formats::Sha256* sha) const {
  sha->update_field(std::to_string(tokens.size()));
  sha->update_field(std::to_string(model_tokens));
  if (split_special_tokens) sha->update_field("split special tokens");
  for (std::size_t i = 0; i < tokens.size(); ++i) sha->update_field(tokens[i]);
  for (const AddedToken& token : added) {
    sha->update_field(std::to_string(token.id));
    sha->update_field(std::string{token.special ? 's' : '-', token.lstrip ? 'l' : '-',
                                  token.rstrip ? 'r' : '-', token.normalized ? 'n' : '-'});
    if (token.single_word) sha->update_field("single word");
  }
}

CommonVocabulary common_vocabulary(const formats::Gguf& file, std::vector<TokenType>* types) {
  CommonVocabulary vocabulary;
  vocabulary.source = file.name();
  for (const std::string_view token : file.strings("tokenizer.ggml.tokens")) vocabulary.tokens.add(token);
  const std::size_t size = vocabulary.tokens.size();
  vocabulary.model_tokens = size;
  if (file.has("tokenizer.ggml.token_type")) {
    for (const std::int64_t type : file.integers("tokenizer.ggml.token_type")) {
      types->push_back(static_cast<TokenType>(type));
    }
  } else {
    types->assign(size, TokenType::kNormal);
  }
  if (types->size() != size) {
    vocabulary.fail("has " + std::to_string(types->size()) + " token types for " + std::to_string(size) +
                    " tokens");
  }
  for (std::size_t i = 0; i < size; ++i) {
    const TokenType type = (*types)[i];
    if (type != TokenType::kControl && type != TokenType::kUserDefined) continue;
    vocabulary.added.push_back({static_cast<std::int32_t>(i), std::string(vocabulary.tokens[i]),
                                type == TokenType::kControl, false, false, false});
  }
  vocabulary.named = named_tokens(file, size);
  if (vocabulary.named.bos >= 0 && adds_bos(file, file.string("tokenizer.ggml.model") == "llama"))
    vocabulary.begin = {vocabulary.named.bos};
  vocabulary.chat_templates = chat_sources(file);
  vocabulary.special_texts = template_texts(file);
  return vocabulary;
}

CommonVocabulary common_vocabulary(const TokenizerJson& file, const std::filesystem::path& folder,
                                   const Configuration& configuration) {
  CommonVocabulary vocabulary;
  vocabulary.source = file.source;
  add_model_tokens(file.vocabulary, &vocabulary);
  index_of(vocabulary);  // for its complaint
  // Classes that build their tokenizer anew take the added tokens from the file only where nothing else
  // tells.
  const bool anew = configuration.sorts_added_tokens();
  if (!anew || !says_all_added_tokens(configuration.values)) add_tokens(file, anew, &vocabulary);
  const nlohmann::json values = with_pad_token(configuration.values, file, folder);
  const TokensBeside beside = tokens_beside(folder, values);
  add_tokens_beside(beside, &vocabulary);
  // It adds its special tokens once more, by their text alone.
  if (configuration.tokenizer_class == "Qwen2Tokenizer") {
    for (AddedToken& token : vocabulary.added)
      if (beside.special.contains(token.content)) token = {token.id, token.content, /*special=*/true};
  }
  vocabulary.named = named_tokens(values, vocabulary.tokens);
  vocabulary.begin = begin_tokens(file.post_processor, vocabulary.tokens);
  if (vocabulary.named.bos < 0 && vocabulary.begin.size() == 1)
    vocabulary.named.bos = vocabulary.begin.front();
  vocabulary.split_special_tokens = configuration.flag("split_special_tokens").value_or(false);
  vocabulary.chat_templates = chat_sources(folder, values);
  vocabulary.special_texts = template_texts(values);
  return vocabulary;
}

std::int32_t unknown_token(const TokenizerJson& file, const CommonVocabulary& vocabulary) {
  const nlohmann::json value = file.model.value("unk_token", nlohmann::json());
  if (value.is_null() || value == nlohmann::json("")) return -1;
  for (std::size_t id = 0; value.is_string() && id < vocabulary.model_tokens; ++id) {
    if (vocabulary.is_own(id) && vocabulary.tokens[id] == value.get_ref<const std::string&>())
      return static_cast<std::int32_t>(id);
  }
  refuse(file, "model.unk_token", value, "null or a token of the vocabulary");
}

StringIndex index_of(const CommonVocabulary& vocabulary) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
  const StringTable& tokens = vocabulary.tokens;
  if (tokens.size() > kMost) {
    vocabulary.fail("has " + std::to_string(tokens.size()) + " tokens, expected at most 2^31 - 1");
  }
  StringIndex index(tokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].empty()) continue;  // no text becomes it, and an id without a token has this
    if (const std::int32_t other = index.insert(static_cast<std::int32_t>(i)); other >= 0) {
      vocabulary.fail("tokens " + std::to_string(other) + " and " + std::to_string(i) + " are both " +
                      printable(tokens[i]));
    }
  }
  return index;
}

MergeTable merge_table(const CommonVocabulary& vocabulary, const StringTable& merges, SameMerge same) {
  const StringIndex ids = index_of(vocabulary);
  const std::size_t count = merges.size() / 2;
  MergeTable table(count);
  std::string joined;
  for (std::size_t rank = 0; rank < count; ++rank) {
    const std::string_view left = merges[2 * rank], right = merges[2 * rank + 1];
    const auto refuse = [&](const std::string& why) {
      vocabulary.fail("merge " + std::to_string(rank) + ", " +
                      printable(std::string(left) + " " + std::string(right)) + ", " + why);
    };
    const auto id_of = [&](std::string_view text) {
      const std::int32_t id = ids.find(text);
      if (id < 0 || !vocabulary.is_own(static_cast<std::size_t>(id))) {
        refuse("needs token " + printable(text) + ", which the vocabulary lacks");
      }
      return id;
    };
    joined.assign(left).append(right);
    const Merge result{static_cast<std::uint32_t>(rank), id_of(joined)};
    const std::int32_t left_id = id_of(left), right_id = id_of(right);
    if (table.insert(left_id, right_id, result)) continue;
    if (same == SameMerge::kRefused) refuse("occurs twice");
    table.replace(left_id, right_id, result);
  }
  return table;
}

AddedTokenSets added_sets(const CommonVocabulary& vocabulary) {
  std::vector<AddedToken> plain, normalized;
  for (const AddedToken& token : vocabulary.added) (token.normalized ? normalized : plain).push_back(token);
  return {AddedTokens(std::move(plain)), AddedTokens(std::move(normalized))};
}

}  // namespace gistmill::tokenizer
