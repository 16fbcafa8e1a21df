// Small tokenizers of every kind, in every kind of file.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tests/fuzz/seeds.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/test_data.hpp"

namespace gistmill::fuzz {
namespace {

namespace fs = std::filesystem;
using test::Bytes;

void write_tokenizer_json(const fs::path& folder) {
  const std::string added = R"("added_tokens":[{"id":3,"content":"<s>","special":true,"normalized":false},)"
                            R"({"id":4,"content":"new","lstrip":true,"rstrip":true,"single_word":true}],)";
  const std::string model =
      R"("model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,)"
      R"("end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,)"
      R"("vocab":{"a":0,"b":1,"ab":2},"merges":)";
  const std::string byte_level =
      R"("decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},)";
  const std::string gpt2 =
      R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},)";
  write_seed(folder / "gpt2",
             R"({"version":"1.0","normalizer":null,)" + added + gpt2 + byte_level + model + R"(["a b"]}})");
  write_seed(folder / "nfc",
             R"({"normalizer":{"type":"NFC"},)" + gpt2 + byte_level + model + R"([["a","b"]]}})");
  write_seed(
      folder / "normalizers",
      R"({"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKD"},{"type":"StripAccents"},)"
      R"({"type":"Lowercase"},{"type":"Strip","strip_left":true,"strip_right":false},{"type":"Nmt"},)"
      R"({"type":"Replace","pattern":{"Regex":" {2,}"},"content":"\n"},{"type":"Prepend","prepend":"b"}]},)" +
          gpt2 + byte_level + model + R"([["a","b"]]}})");
  write_seed(folder / "starcoder",
             R"({"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits",)"
             R"("individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,)"
             R"("trim_offsets":true,"use_regex":true}]},)" +
                 byte_level + model + R"(["a b"]}})");
  write_seed(folder / "begins",
             R"({"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a",)"
             R"("type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"a":{"id":"a",)"
             R"("ids":[0],"tokens":["a"]}}},)" +
                 gpt2 + byte_level + model + R"(["a b"]}})");
  write_seed(folder / "vocab", R"({"a":0,"\u0120b":1,"é":2})");
  write_seed(folder / "merges", "#version: 0.2\na b\nab c\r\n");
}

// SentencePiece BPE with added tokens that are looked for in normalized text.
std::string llama_json(const std::string& normalizer, const std::string& pre_tokenizer) {
  std::string vocabulary = R"("<unk>":0,"<s>":1)";
  for (unsigned byte = 0; byte < 256; ++byte) {
    char text[32];
    std::snprintf(text, sizeof text, R"(,"<0x%02X>":%u)", byte, byte + 2);
    vocabulary += text;
  }
  return R"({"added_tokens":[{"id":1,"content":"<s>","special":true,"normalized":true},)"
         R"({"id":263,"content":"▁▁","normalized":false}],"normalizer":)" +
         normalizer + R"(,"pre_tokenizer":)" + pre_tokenizer +
         R"(,"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},)"
         R"({"type":"ByteFallback"},{"type":"Fuse"}]},"model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>",)"
         R"("vocab":{)" +
         vocabulary + R"(,"▁":258,"a":259,"b":260,"▁a":261,"ab":262},"merges":["▁ a",["a","b"]]}})";
}

// A field of a protocol buffer with bytes, all shorter than 128.
std::string field(int number, const std::string& bytes) {
  return static_cast<char>(number << 3 | 2) + std::string(1, static_cast<char>(bytes.size())) + bytes;
}
std::string field(int number, int value) {
  const int tag = number << 3;
  return (tag < 128 ? std::string(1, static_cast<char>(tag))
                    : std::string{static_cast<char>(tag | 0x80), static_cast<char>(tag >> 7)}) +
         static_cast<char>(value);
}

// SentencePiece's own tokens, the 256 bytes, and some words.
struct Piece {
  std::string text;
  int type;
};
std::vector<Piece> pieces() {
  std::vector<Piece> result = {{"<unk>", 2}, {"<s>", 3}, {"</s>", 3}};
  for (unsigned byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof text, "<0x%02X>", byte);
    result.push_back({text, 6});
  }
  for (const char* text : {"a", "b", "ab", "\xE2\x96\x81",
                           "\xE2\x96\x81"
                           "a"})
    result.push_back({text, 1});
  result.push_back({"[b]", 4});
  return result;
}

std::string sentencepiece() {
  std::string file;
  float score = 0;
  for (const Piece& piece : pieces()) {
    const std::string raw = Bytes().put(score -= 1).str();
    file += field(1, field(1, piece.text) + static_cast<char>(2 << 3 | 5) + raw + field(3, piece.type));
  }
  return file + field(2, field(3, 2) + field(35, 1)) +
         field(3, field(1, std::string("identity")) + field(3, 1) + field(4, 0) + field(5, 1));
}

std::string gguf_spm() {
  std::vector<std::string> tokens;
  std::vector<std::int32_t> types;
  std::vector<float> scores;
  for (const Piece& piece : pieces()) {
    tokens.push_back(piece.text);
    types.push_back(piece.type);
    scores.push_back(-static_cast<float>(scores.size()));
  }
  return Bytes()
      .gguf_header(0, 6)
      .string_entry("tokenizer.ggml.model", "llama")
      .strings_entry("tokenizer.ggml.tokens", tokens)
      .numbers_entry("tokenizer.ggml.token_type", 5, types)
      .numbers_entry("tokenizer.ggml.scores", 6, scores)
      .entry<std::uint32_t>("tokenizer.ggml.bos_token_id", 4, 1)
      .entry<std::uint8_t>("tokenizer.ggml.add_space_prefix", 7, 1)
      .str();
}

std::string gguf_bpe(std::string_view pre) {
  return Bytes()
      .gguf_header(0, 6)
      .string_entry("tokenizer.ggml.model", "gpt2")
      .string_entry("tokenizer.ggml.pre", pre)
      .strings_entry("tokenizer.ggml.tokens", {"a", "b", "ab", "<s>"})
      .numbers_entry<std::int32_t>("tokenizer.ggml.token_type", 5, {1, 1, 1, 3})
      .strings_entry("tokenizer.ggml.merges", {"a b"})
      .string_entry("tokenizer.chat_template", "{{ x }}")
      .str();
}

}  // namespace

void write_tokenizer_seeds(const fs::path& folder) {
  write_tokenizer_json(folder / "tokenizer_json");
  const std::string to_space = R"({"type":"Replace","pattern":{"String":" "},"content":"▁"})";
  const std::string prepend =
      R"({"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},)" + to_space + "]}";
  write_seed(folder / "tokenizer_json" / "llama", llama_json(prepend, "null"));
  std::string unknown = llama_json(prepend, "null");
  const std::string fallback = R"("byte_fallback":true)";
  unknown.replace(unknown.find(fallback), fallback.size(),
                  R"("byte_fallback":false,"fuse_unk":true,"ignore_merges":true)");
  write_seed(folder / "tokenizer_json" / "unknown", unknown);
  write_seed(
      folder / "tokenizer_json" / "gemma",
      llama_json(to_space, R"({"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious"})"));
  write_seed(
      folder / "tokenizer_json" / "metaspace",
      llama_json("null", R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true})"));
  write_seed(
      folder / "tokenizer_config" / "decoder",
      R"({"added_tokens_decoder":{"3":{"content":"<x>","special":true,"lstrip":true}},"bos_token":"<s>",)"
      R"("extra_special_tokens":["<y>"],"image_token":{"content":"<z>","normalized":true}})");
  write_seed(
      folder / "tokenizer_config" / "processor",
      R"({"type":"Sequence","processors":[{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}}],)"
      R"("special_tokens":{"a":{"ids":[0]}}},{"type":"RobertaProcessing","cls":["b",1]}]})");
  write_seed(folder / "tokenizer_config" / "pointer",
             "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n");
  write_seed(folder / "tokenizer_config" / "tiktoken", "IQ== 0\n");
  write_seed(folder / "sentencepiece" / "all", sentencepiece());
  write_seed(folder / "tokenizer_gguf" / "spm", gguf_spm());
  const fs::path unigram = fs::path(GISTMILL_SOURCE_DIR) / "tests/plugins/tokenizer/unigram";
  for (const char* name : {"words", "words_behind", "split", "llama", "saved", "trained"})
    write_seed(folder / "tokenizer_json" / (std::string("unigram_") + name),
               test::read_file(unigram / (std::string(name) + ".json")));
  for (const char* name : {"mapped", "bytes", "user", "bare"})
    write_seed(folder / "sentencepiece" / name, test::read_file(unigram / (std::string(name) + ".model")));
  for (const char* pre : {"qwen2", "smollm", "deepseek-v3", "gpt-4o", "tekken"})
    write_seed(folder / "tokenizer_gguf" / pre, gguf_bpe(pre));
}

}  // namespace gistmill::fuzz
