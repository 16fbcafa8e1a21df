// Small GGUF, safetensors and JSON files of every feature.
#include <cstdint>
#include <vector>

#include <gistmill/formats/gguf.hpp>
#include <gistmill/formats/safetensors.hpp>

#include "tests/fuzz/gguf_parts_input.hpp"
#include "tests/fuzz/seeds.hpp"
#include "tests/sdk/formats/gguf_builder.hpp"

namespace gistmill::fuzz {
namespace {

namespace fs = std::filesystem;
using test::Bytes;

std::string gguf_metadata() {
  return Bytes()
      .gguf_header(0, 7)
      .string_entry("general.architecture", "llama")
      .entry<std::uint32_t>("general.alignment", 4, 64)
      .entry<std::uint8_t>("flag", 7, 1)
      .entry<std::uint64_t>("u64", 10, 5)
      .entry<double>("f64", 12, 1.5)
      .strings_entry("tokens", {"a", "bc", ""})
      .numbers_entry<std::int16_t>("types", 3, {1, -2})
      .str();
}

// One tensor of one block.
std::string gguf_tensor(std::uint32_t type, std::uint64_t elements, std::size_t bytes) {
  return Bytes()
      .gguf_header(1, 0)
      .tensor("t", {elements, 1}, type, 0)
      .pad(32)
      .raw(std::string(bytes, '\x11'))
      .str();
}

std::string gguf_two_tensors() {
  return Bytes()
      .gguf_header(2, 0)
      .tensor("a", {2, 2}, 0, 0)
      .tensor("b", {}, 0, 32)
      .pad(32)
      .raw(std::string(36, '\x22'))
      .str();
}

// Two parts of one model, a tensor in each.
std::string gguf_parts() {
  const auto part = [](std::uint16_t number, const char* tensor) {
    return Bytes()
        .gguf_header(1, 3)
        .entry<std::uint16_t>("split.no", 2, number)
        .entry<std::uint16_t>("split.count", 2, 2)
        .entry<std::int32_t>("split.tensors.count", 5, 2)
        .tensor(tensor, {2}, 0, 0)
        .pad(32)
        .raw(std::string(8, '\x22'))
        .str();
  };
  return part(0, "a") + std::string(kPartCut) + part(1, "b");
}

std::string gguf_end_tokens() {
  return Bytes()
      .gguf_header(0, 4)
      .entry<std::uint32_t>("tokenizer.ggml.eos_token_id", 4, 1)
      .entry<std::uint32_t>("tokenizer.ggml.eot_token_id", 4, 2)
      .strings_entry("tokenizer.ggml.tokens", {"a", "</s>", "<|eot_id|>", "<|im_end|>"})
      .numbers_entry<std::int32_t>("tokenizer.ggml.token_type", 5, {1, 3, 3, 4})
      .str();
}

void write_end_tokens(const fs::path& folder) {
  write_seed(folder / "gguf", gguf_end_tokens());
  write_seed(
      folder / "tokenizer",
      R"({"added_tokens":[{"id":3,"content":"<|im_end|>","special":true},{"id":4,"content":"</s>"}]})");
  write_seed(folder / "config",
             R"({"added_tokens_decoder":{"5":{"content":"<|endoftext|>","special":true}}})");
}

void write_gguf(const fs::path& folder) {
  write_seed(folder / "metadata", gguf_metadata());
  write_seed(folder / "two_tensors", gguf_two_tensors());
  const struct {
    std::uint32_t type;
    std::uint64_t elements;
    std::size_t bytes;
  } kTypes[] = {{0, 1, 4},      {1, 1, 2},      {30, 1, 2},    {2, 32, 18},   {3, 32, 20},
                {6, 32, 22},    {7, 32, 24},    {8, 32, 34},   {10, 256, 84}, {11, 256, 110},
                {12, 256, 144}, {13, 256, 176}, {14, 256, 210}};
  for (const auto& [type, elements, bytes] : kTypes) {
    write_seed(folder / formats::gguf_type_name(static_cast<formats::GgufType>(type)),
               gguf_tensor(type, elements, bytes));
  }
}

std::string safetensors() {
  const std::vector<std::int64_t> bias{1, 2};
  const std::vector<float> weight(6, 0.5f);
  const std::vector<std::uint16_t> half{0x3C00, 0x4000};
  std::string bytes;
  formats::write_safetensors(
      [&](const void* data, std::size_t size) { bytes.append(static_cast<const char*>(data), size); },
      {{"bias", formats::SafetensorsDtype::kI64, {2}, bias.data(), 16},
       {"weight", formats::SafetensorsDtype::kF32, {2, 3}, weight.data(), 24},
       {"half", formats::SafetensorsDtype::kF16, {1, 2}, half.data(), 4},
       {"bf16 \"x\"", formats::SafetensorsDtype::kBF16, {2}, half.data(), 4},
       {"empty", formats::SafetensorsDtype::kU8, {0}, nullptr, 0}},
      {{"recipe", "0f"}});
  return bytes;
}

void write_json(const fs::path& folder) {
  write_seed(folder / "safetensors_index" / "two_shards",
             R"({"metadata":{"total_size":24},"weight_map":{"a.weight":"model-00001-of-00002.safetensors",)"
             R"("b\u002eweight":"model-00002-of-00002.safetensors"}})");
  write_seed(folder / "safetensors_index" / "float_size",
             R"({"metadata":{"total_size":1.6e1},"weight_map":{}})");
  write_seed(folder / "json" / "config",
             R"({"model_type":"llama","hidden_size":64,"rms_norm_eps":1e-05,"tie_word_embeddings":true,)"
             R"("rope_scaling":{"rope_type":"llama3","factor":8.0},"eos_token_id":[1,-2],"x":null})");
  write_seed(folder / "json" / "escapes", R"(["\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00", "é😀", -0, 0.5E+3])");
}

}  // namespace

void write_format_seeds(const fs::path& folder) {
  // As example_file_fuzz.cpp reads it: all as it should be, with three train examples.
  write_seed(folder / "example_file" / "three", std::string(47, '\0') + '\3' + std::string(200, '\0'));
  // As packed_file_fuzz.cpp reads it: all as it should be, sequences of one token and of four.
  write_seed(folder / "packed_file" / "one", std::string(300, '\0'));
  write_seed(folder / "packed_file" / "four", '\3' + std::string(300, '\0'));
  // As gist_store_fuzz.cpp reads it: a store without a change, and one in its head.
  write_seed(folder / "gist_store" / "whole", std::string(8, '\0'));
  write_seed(folder / "gist_store" / "rows", std::string("\1\1\44\7\0\0", 6));
  // As topk_file_fuzz.cpp reads them: all as it should be, with one sequence, exact and of bytes.
  write_seed(folder / "topk_file" / "exact", std::string(250, '\0'));
  write_seed(folder / "topk_file" / "bytes",
             std::string(2, '\0') + std::string(1, '\x81') + std::string(250, '\0'));
  // As label_file_fuzz.cpp reads it: all as it should be, one session with one snapshot.
  write_seed(folder / "label_file" / "one", std::string(300, '\0'));
  write_seed(folder / "csv" / "quoted",
             "\xEF\xBB\xBFx,y_pred,y_true\r\n\"a\nb\",\"say \"\"no\"\"\",c\r\n\n,,\"\"\n");
  write_seed(folder / "csv" / "refused", "a\n\"b\"c\n");
  write_gguf(folder / "gguf");
  write_seed(folder / "gguf_parts" / "two", gguf_parts());
  write_seed(folder / "gguf_parts" / "whole", gguf_two_tensors());
  write_end_tokens(folder / "end_tokens");
  write_seed(folder / "safetensors" / "all", safetensors());
  write_json(folder);
}

}  // namespace gistmill::fuzz
