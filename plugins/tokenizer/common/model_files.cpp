// Finding files, and reading the small ones.
#include "plugins/tokenizer/common/model_files.hpp"

#include <gistmill/formats/json.hpp>
#include <gistmill/formats/mapped_file.hpp>
#include <gistmill/formats/model_place.hpp>

namespace gistmill::tokenizer {
namespace {

namespace fs = std::filesystem;

TokenizerFile kind_of_file(const fs::path& path) {
  const formats::MappedFile file(path);
  const std::string_view bytes = file.bytes();
  refuse_foreign(bytes, path);
  if (bytes.starts_with("GGUF")) return TokenizerFile::kGguf;
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && bytes[first] == '{') return TokenizerFile::kTokenizerJson;
  // A SentencePiece model opens with its first piece: field 1, a length, a message that opens with field 1.
  if (bytes.size() > 2 && bytes[0] == '\x0A' && bytes[2] == '\x0A') return TokenizerFile::kSentencePiece;
  throw OtherKind(
      path.string() +
      ": is not a tokenizer, expected a GGUF file, a tokenizer.json, a SentencePiece model or a folder "
      "with one of these");
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

std::vector<TokenizerPath> find_tokenizers(const fs::path& model) {
  std::error_code failure;
  if (fs::status(model, failure).type() == fs::file_type::not_found)
    throw formats::FormatError(model.string() + ": " + formats::missing_model(model));
  if (!fs::is_directory(model)) return {{kind_of_file(model), model, model.parent_path()}};
  std::vector<TokenizerPath> found;
  const auto is_there = [&](const char* name) { return fs::exists(model / name); };
  if (is_there("tokenizer.json"))
    found.push_back({TokenizerFile::kTokenizerJson, model / "tokenizer.json", model});
  if (is_there("vocab.json") && is_there("merges.txt"))
    found.push_back({TokenizerFile::kVocabularyAndMerges, model / "vocab.json", model});
  if (is_there("tokenizer.model"))
    found.push_back({TokenizerFile::kSentencePiece, model / "tokenizer.model", model});
  if (!found.empty()) return found;
  for (const char* foreign : {"tekken.json", "tiktoken.model"}) {
    if (!is_there(foreign)) continue;
    const formats::MappedFile file(model / foreign);
    refuse_foreign(file.bytes(), model / foreign);
  }
  if (const std::string others = formats::gguf_files_in(model); !others.empty())
    throw OtherKind(model.string() + ": has no tokenizer, but " + others);
  throw OtherKind(
      model.string() +
      ": has no tokenizer, expected tokenizer.json, vocab.json with merges.txt, or tokenizer.model");
}

bool FileChoice::refused(const TokenizerPath& candidate, const std::string& reason) {
  reason_ += (reason_.empty() ? "" : "; beside it, ") + reason;
  // vocab.json tells no pre-tokenizer. Where a whole tokenizer.json has one that is not known, the
  // configuration must name the class that has one.
  if (candidate.kind != TokenizerFile::kTokenizerJson || !expected_) return true;
  return tokenizer_config(candidate.folder).contains("tokenizer_class") ||
         !fs::exists(candidate.folder / "vocab.json");
}

void FileChoice::check(const TokenizerPath& candidate, std::size_t tokens) const {
  if (reason_.empty() || !expected_ || *expected_ <= tokens) return;
  throw formats::FormatError(candidate.path.string() + ": has " + std::to_string(tokens) +
                             " tokens when tokenizer.json has " + std::to_string(*expected_));
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

nlohmann::json tokenizer_config(const fs::path& folder) {
  const fs::path path = folder / "tokenizer_config.json";
  if (!fs::exists(path)) return nlohmann::json::object();
  {
    const formats::MappedFile file(path);
    refuse_foreign(file.bytes(), path);
  }
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
