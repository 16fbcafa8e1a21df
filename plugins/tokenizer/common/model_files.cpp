// Finding files, and reading the small ones.
#include "plugins/tokenizer/common/model_files.hpp"

#include <algorithm>

#include <gistmill/formats/json.hpp>
#include <gistmill/formats/mapped_file.hpp>

namespace gistmill::tokenizer {
namespace {

namespace fs = std::filesystem;

TokenizerFile kind_of_file(const fs::path& path) {
  const formats::MappedFile file(path);
  const std::string_view bytes = file.bytes();
  if (bytes.starts_with("GGUF")) return TokenizerFile::kGguf;
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && bytes[first] == '{') return TokenizerFile::kTokenizerJson;
  // A SentencePiece model opens with its first piece: field 1, a length, a message that opens with field 1.
  if (bytes.size() > 2 && bytes[0] == '\x0A' && bytes[2] == '\x0A') return TokenizerFile::kSentencePiece;
  throw formats::FormatError(path.string() +
                             ": is not a tokenizer, expected a GGUF file, a tokenizer.json, a SentencePiece "
                             "model or a folder with one of these");
}

std::int32_t id_or_none(const formats::Gguf& file, const char* key, std::size_t vocabulary) {
  const std::int64_t id = file.integer_or(key, -1);
  return id < 0 || static_cast<std::uint64_t>(id) >= vocabulary ? -1 : static_cast<std::int32_t>(id);
}

std::int32_t find_token(const StringTable& tokens, const std::string& text) {
  if (text.empty()) return -1;
  // From the end, where added tokens are.
  for (std::size_t i = tokens.size(); i > 0; --i) {
    if (tokens[i - 1] == text) return static_cast<std::int32_t>(i - 1);
  }
  return -1;
}

}  // namespace

TokenizerPath find_tokenizer(const fs::path& model) {
  if (!fs::is_directory(model)) return {kind_of_file(model), model, model.parent_path()};
  if (fs::exists(model / "tokenizer.json"))
    return {TokenizerFile::kTokenizerJson, model / "tokenizer.json", model};
  if (fs::exists(model / "vocab.json") && fs::exists(model / "merges.txt")) {
    return {TokenizerFile::kVocabularyAndMerges, model / "vocab.json", model};
  }
  if (fs::exists(model / "tokenizer.model")) {
    return {TokenizerFile::kSentencePiece, model / "tokenizer.model", model};
  }
  throw formats::FormatError(model.string() +
                             ": has no tokenizer, expected tokenizer.json, vocab.json with merges.txt, or "
                             "tokenizer.model");
}

NamedTokens named_tokens(const formats::Gguf& file, std::size_t vocabulary) {
  return {id_or_none(file, "tokenizer.ggml.bos_token_id", vocabulary),
          id_or_none(file, "tokenizer.ggml.eos_token_id", vocabulary),
          id_or_none(file, "tokenizer.ggml.unknown_token_id", vocabulary),
          id_or_none(file, "tokenizer.ggml.padding_token_id", vocabulary)};
}

NamedTokens named_tokens(const nlohmann::json& config, const StringTable& tokens) {
  const auto id = [&](const char* key) { return find_token(tokens, token_text(config, key)); };
  return {id("bos_token"), id("eos_token"), id("unk_token"), id("pad_token")};
}

bool adds_bos(const formats::Gguf& file, bool otherwise) {
  return file.boolean_or("tokenizer.ggml.add_bos_token", otherwise);
}

namespace {

// Whether a template of tokenizer.json puts a special token first.
bool begins_with_special(const nlohmann::json& processor) {
  if (!processor.is_object()) return false;
  const auto parts = processor.find("processors");  // of a Sequence; these are not nested further
  if (parts != processor.end() && parts->is_array()) {
    return std::any_of(parts->begin(), parts->end(), [](const nlohmann::json& part) {
      return !part.is_object() || part.contains("processors") ? false : begins_with_special(part);
    });
  }
  const auto single = processor.find("single");
  return single != processor.end() && single->is_array() && !single->empty() && single->front().is_object() &&
         single->front().contains("SpecialToken");
}

}  // namespace

bool adds_bos(const nlohmann::json& post_processor, const nlohmann::json& config, bool otherwise) {
  if (post_processor.is_object()) return begins_with_special(post_processor);
  const auto stated = config.find("add_bos_token");
  return stated != config.end() && stated->is_boolean() ? stated->get<bool>() : otherwise;
}

std::optional<std::string> chat_template(const formats::Gguf& file) {
  if (!file.has("tokenizer.chat_template")) return std::nullopt;
  return std::string(file.string("tokenizer.chat_template"));
}

std::optional<std::string> chat_template(const fs::path& folder, const nlohmann::json& config) {
  if (const fs::path jinja = folder / "chat_template.jinja"; fs::exists(jinja)) {
    const formats::MappedFile file(jinja);
    return std::string(file.bytes());
  }
  const auto found = config.find("chat_template");
  if (found == config.end()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_array()) return std::nullopt;
  for (const auto& one : *found) {
    if (!one.is_object() || one.value("name", nlohmann::json()) != "default") continue;
    if (const auto text = one.find("template"); text != one.end() && text->is_string())
      return text->get<std::string>();
  }
  return std::nullopt;
}

nlohmann::json tokenizer_config(const fs::path& folder) {
  const fs::path path = folder / "tokenizer_config.json";
  if (!fs::exists(path)) return nlohmann::json::object();
  nlohmann::json config = formats::read_json_file(path, kTokenizerJsonLimits);
  if (!config.is_object()) throw formats::FormatError(path.string() + ": is not an object");
  return config;
}

std::string token_text(const nlohmann::json& config, const char* key) {
  const auto found = config.find(key);
  if (found == config.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_object()) return {};
  const auto content = found->find("content");
  return content != found->end() && content->is_string() ? content->get<std::string>() : std::string();
}

}  // namespace gistmill::tokenizer
