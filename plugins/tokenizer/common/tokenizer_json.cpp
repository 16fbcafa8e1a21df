// The members of tokenizer.json, each read where it stands.
#include "plugins/tokenizer/common/tokenizer_json.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <gistmill/formats/json_cursor.hpp>
#include <gistmill/formats/torn.hpp>

#include "plugins/tokenizer/common/score_number.hpp"

namespace gistmill::tokenizer {
namespace {

using formats::JsonCursor;
using formats::JsonKind;
using formats::JsonString;
using formats::printable;

constexpr std::size_t kMaxDepth = 64;

// Adds without a copy where the string has no escapes.
void add(const JsonString& string, StringTable* table) {
  string.escaped ? table->add(string.text()) : table->add(string.raw);
}

class TokenizerReader {
 public:
  TokenizerReader(std::string_view text, const std::string& name)
      : text_(text), name_(name), cursor_(text, name, kMaxDepth, JsonCursor::Place::kLine) {}

  TokenizerJson tokenizer() {
    TokenizerJson file;
    file.source = name_;
    std::set<std::string, std::less<>> seen;
    expect(JsonKind::kObject, "the file");
    cursor_.members([&](const JsonString& raw) {
      const std::string key = raw.text();
      if (key == "model") {
        once(key, &seen);
        read_model(&file);
      } else if (key == "added_tokens") {
        once(key, &seen);
        read_added(&file);
      } else if (nlohmann::json* part = part_named(key, &file)) {
        once(key, &seen);
        *part = small_value();
      } else {
        cursor_.skip();  // version, truncation: nothing that encoding would use
      }
    });
    cursor_.finish();
    if (!seen.contains("model")) throw formats::FormatError(name_ + ": has no 'model'");
    return file;
  }

  TokenIds vocabulary() {
    TokenIds ids;
    read_vocabulary(&ids);
    cursor_.finish();
    return ids;
  }

 private:
  static nlohmann::json* part_named(const std::string& key, TokenizerJson* file) {
    return key == "normalizer"       ? &file->normalizer
           : key == "pre_tokenizer"  ? &file->pre_tokenizer
           : key == "decoder"        ? &file->decoder
           : key == "post_processor" ? &file->post_processor
           : key == "padding"        ? &file->padding
                                     : nullptr;
  }

  void once(const std::string& key, std::set<std::string, std::less<>>* seen) {
    if (!seen->insert(key).second) cursor_.fail("key " + printable(key) + " occurs twice");
  }

  void expect(JsonKind kind, const std::string& what) {
    const JsonKind found = cursor_.kind();
    if (found != kind) {
      cursor_.fail(what + " is " + json_kind_name(found) + " when it should be " + json_kind_name(kind));
    }
  }

  nlohmann::json small_value() {
    cursor_.kind();
    const std::size_t start = cursor_.at();
    cursor_.skip();
    return formats::parse_json(text_.substr(start, cursor_.at() - start), name_,
                               {kSmallBytes, kMaxDepth, 4096});
  }

  void read_model(TokenizerJson* file) {
    std::set<std::string, std::less<>> seen;
    expect(JsonKind::kObject, "model");
    file->model = nlohmann::json::object();
    cursor_.members([&](const JsonString& raw) {
      const std::string key = raw.text();
      once(key, &seen);
      if (seen.size() > kMaxModelKeys)
        cursor_.fail("model has more than " + std::to_string(kMaxModelKeys) + " keys");
      // A model of another kind keeps something else here: its kind is what its reader will complain of.
      const JsonKind kind = cursor_.kind();
      if (key == "vocab" && kind == JsonKind::kObject) {
        read_vocabulary(&file->vocabulary);
      } else if (key == "vocab" && kind == JsonKind::kArray) {
        read_pieces(file);
      } else if (key == "merges" && kind == JsonKind::kArray) {
        read_merges(&file->merges);
      } else if (key == "vocab" || key == "merges") {
        cursor_.skip();
      } else {
        file->model[key] = small_value();
      }
    });
  }

  void read_vocabulary(TokenIds* vocabulary) {
    expect(JsonKind::kObject, "the vocabulary");
    cursor_.members([&](const JsonString& token) {
      add(token, &vocabulary->tokens);
      vocabulary->ids.push_back(id("the id of a token"));
    });
  }

  // [["<unk>", 0.0], ["a", -2.5]]
  void read_pieces(TokenizerJson* file) {
    cursor_.elements([&] {
      const std::size_t at = cursor_.at();
      expect(JsonKind::kArray, "a piece of the vocabulary");
      int parts = 0;
      cursor_.elements([&] {
        if (++parts == 1) {
          expect(JsonKind::kString, "the text of a piece");
          add(cursor_.string(), &file->vocabulary.tokens);
        } else if (parts == 2) {
          expect(JsonKind::kNumber, "the score of a piece");
          const std::size_t number_at = cursor_.at();
          const auto score = score_of(cursor_.number().raw);
          if (!score) cursor_.fail_at(number_at, "the score of a piece is beyond what a number may be");
          file->scores.push_back(*score);
        } else {
          cursor_.skip();
        }
      });
      if (parts != 2)
        cursor_.fail_at(at, "a piece of " + std::to_string(parts) + " parts, expected a text and a score");
      if (file->scores.size() > kMaxPieces) cursor_.fail_at(at, "more than 2^31 - 1 pieces");
      file->vocabulary.ids.push_back(static_cast<std::int32_t>(file->vocabulary.ids.size()));
    });
  }

  std::int32_t id(const std::string& what) {
    expect(JsonKind::kNumber, what);
    const std::size_t at = cursor_.at();
    const formats::JsonNumber number = cursor_.number();
    const auto value = number.as_unsigned();
    if (!value || *value > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) {
      cursor_.fail_at(at, what + " is " + printable(number.raw) + " when it should be 0 to 2^31 - 1");
    }
    return static_cast<std::int32_t>(*value);
  }

  void read_merges(StringTable* merges) {
    cursor_.elements([&] {
      const std::size_t at = cursor_.at();
      if (cursor_.kind() == JsonKind::kArray) {
        int parts = 0;
        cursor_.elements([&] {
          expect(JsonKind::kString, "a part of a merge");
          const JsonString part = cursor_.string();
          if (++parts <= 2) add(part, merges);
        });
        if (parts != 2) cursor_.fail_at(at, "a merge of " + std::to_string(parts) + " parts, expected 2");
        return;
      }
      expect(JsonKind::kString, "a merge");
      add_merge(cursor_.string(), at, merges);
    });
  }

  void add_merge(const JsonString& string, std::size_t at, StringTable* merges) {
    const std::string unescaped = string.escaped ? string.text() : std::string();
    const std::string_view merge = string.escaped ? std::string_view(unescaped) : string.raw;
    if (merge.starts_with("#version")) return;  // the first line of merges.txt, left by old converters
    const std::size_t space = merge.find(' ');
    if (space == std::string_view::npos || merge.find(' ', space + 1) != std::string_view::npos) {
      cursor_.fail_at(at, "merge " + printable(merge) + " is not two tokens with a space between");
    }
    merges->add(merge.substr(0, space));
    merges->add(merge.substr(space + 1));
  }

  void read_added(TokenizerJson* file) {
    if (cursor_.kind() == JsonKind::kNull) return cursor_.null();
    expect(JsonKind::kArray, "added_tokens");
    cursor_.elements([&] { read_added_token(file); });
  }

  void read_added_token(TokenizerJson* file) {
    JsonAddedToken token;
    bool has_content = false;
    expect(JsonKind::kObject, "an added token");
    const std::size_t at = cursor_.at();
    cursor_.members([&](const JsonString& raw) {
      const std::string key = raw.text();
      if (key == "id") {
        token.id = id("the id of an added token");
      } else if (key == "content") {
        expect(JsonKind::kString, "the content of an added token");
        if (has_content) cursor_.fail("an added token has two contents");
        has_content = true;
        add(cursor_.string(), &file->added_contents);
      } else if (bool* flag = flag_named(key, &token)) {
        expect(JsonKind::kBoolean, key + " of an added token");
        *flag = cursor_.boolean();
      } else {
        cursor_.fail("an added token has unknown field " + printable(key));
      }
    });
    if (token.id < 0 || !has_content) cursor_.fail_at(at, "an added token has no id or no content");
    file->added.push_back(token);
  }

  static bool* flag_named(const std::string& key, JsonAddedToken* token) {
    return key == "special"       ? &token->special
           : key == "lstrip"      ? &token->lstrip
           : key == "rstrip"      ? &token->rstrip
           : key == "single_word" ? &token->single_word
           : key == "normalized"  ? &token->normalized
                                  : nullptr;
  }

  static constexpr std::size_t kSmallBytes = 1 << 20;
  static constexpr std::size_t kMaxModelKeys = 64;
  static constexpr std::size_t kMaxPieces = std::numeric_limits<std::int32_t>::max();

  std::string_view text_;
  const std::string& name_;
  JsonCursor cursor_;
};

}  // namespace

TokenizerJson parse_tokenizer_json(std::string_view bytes, const std::string& name) {
  return formats::telling_of_torn_json([&] { return TokenizerReader(bytes, name).tokenizer(); });
}

std::size_t token_count(const TokenizerJson& file) {
  std::int32_t last = -1;
  for (const std::int32_t id : file.vocabulary.ids) last = std::max(last, id);
  for (const JsonAddedToken& token : file.added) last = std::max(last, token.id);
  return static_cast<std::size_t>(last) + 1;
}

TokenIds parse_vocab_json(std::string_view bytes, const std::string& name) {
  return formats::telling_of_torn_json([&] { return TokenizerReader(bytes, name).vocabulary(); });
}

StringTable parse_merges_txt(std::string_view bytes, const std::string& name) {
  StringTable merges;
  std::size_t number = 0;
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    std::string_view line = bytes.substr(0, newline);
    bytes.remove_prefix(newline == std::string_view::npos ? bytes.size() : newline + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.starts_with("#version")) continue;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
      throw formats::FormatError(name + ":" + std::to_string(number) + ": " + printable(line) +
                                 " is not two tokens with a space between");
    }
    merges.add(line.substr(0, space));
    merges.add(line.substr(space + 1));
  }
  return merges;
}

}  // namespace gistmill::tokenizer
