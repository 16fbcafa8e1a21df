// The table of names, after llama.cpp's llama-vocab.cpp of 2026. Where llama.cpp writes a model's expression
// in another way because its own machine lacks something (o200k: categories by case, marks), the model's own
// is followed.
#include "plugins/tokenizer/bpe/gguf_names.hpp"

namespace gistmill::bpe {
namespace {

constexpr GgufPreTokenizer kNames[] = {
    {"gpt-2", PreTokenizer::kGpt2, false, false},
    {"phi-2", PreTokenizer::kGpt2, false, false},
    {"jina-es", PreTokenizer::kGpt2, false, false},
    {"jina-de", PreTokenizer::kGpt2, false, false},
    {"jina-v1-en", PreTokenizer::kGpt2, false, false},
    {"jina-v2-es", PreTokenizer::kGpt2, false, false},
    {"jina-v2-de", PreTokenizer::kGpt2, false, false},
    {"jina-v2-code", PreTokenizer::kGpt2, false, false},
    {"roberta-bpe", PreTokenizer::kGpt2, false, false},
    {"gigachat", PreTokenizer::kGpt2, false, false},
    {"mellum", PreTokenizer::kGpt2, false, false},
    {"modern-bert", PreTokenizer::kGpt2, false, false},
    {"a.x-4.0", PreTokenizer::kGpt2, false, false},
    {"exaone4", PreTokenizer::kGpt2, false, false},
    {"mpt", PreTokenizer::kGpt2, false, false},
    {"olmo", PreTokenizer::kGpt2, false, false},
    {"jais", PreTokenizer::kGpt2, false, false},
    {"trillion", PreTokenizer::kGpt2, false, false},
    {"granite-docling", PreTokenizer::kGpt2, false, false},

    {"starcoder", PreTokenizer::kStarcoder, false, false},
    {"smollm", PreTokenizer::kStarcoder, false, false},
    {"refact", PreTokenizer::kStarcoder, false, false},
    {"command-r", PreTokenizer::kStarcoder, false, false},
    {"codeshell", PreTokenizer::kStarcoder, false, false},
    {"exaone", PreTokenizer::kStarcoder, false, false},
    {"minerva-7b", PreTokenizer::kStarcoder, false, false},
    {"mellum2", PreTokenizer::kStarcoder, false, false},

    {"llama-bpe", PreTokenizer::kLlama3, true, true},
    {"llama3", PreTokenizer::kLlama3, true, true},
    {"llama-v3", PreTokenizer::kLlama3, true, true},
    {"falcon3", PreTokenizer::kLlama3, true, true},
    {"falcon-h1", PreTokenizer::kLlama3, true, true},
    {"pixtral", PreTokenizer::kLlama3, true, true},
    {"midm-2.0", PreTokenizer::kLlama3, true, true},
    {"lfm2", PreTokenizer::kLlama3, true, true},
    {"jina-v5-nano", PreTokenizer::kLlama3, true, true},
    {"smaug-bpe", PreTokenizer::kLlama3, false, false},
    {"dbrx", PreTokenizer::kLlama3, false, false},
    {"glm4", PreTokenizer::kLlama3, false, false},
    {"chatglm-bpe", PreTokenizer::kLlama3, false, false},

    {"qwen2", PreTokenizer::kQwen2, false, false},
    {"deepseek-r1-qwen", PreTokenizer::kQwen2, false, false},
    {"kormo", PreTokenizer::kQwen2, false, false},
    {"f2llmv2", PreTokenizer::kQwen2, false, false},
    {"megrez", PreTokenizer::kQwen2, false, false},
    {"stablelm2", PreTokenizer::kQwen2, false, false},
    {"hunyuan", PreTokenizer::kQwen2, false, false},
    {"solar-open", PreTokenizer::kQwen2, false, false},
    {"grok-2", PreTokenizer::kQwen2, false, false},
    {"bailingmoe", PreTokenizer::kQwen2, false, false},
    {"bailingmoe2", PreTokenizer::kQwen2, false, false},
    {"llada-moe", PreTokenizer::kQwen2, false, false},

    {"deepseek-v3", PreTokenizer::kDeepseekV3, false, false},
    {"hunyuan-dense", PreTokenizer::kDeepseekV3, false, false},
    {"joyai-llm", PreTokenizer::kDeepseekV3, false, false},
    {"hy_v4", PreTokenizer::kDeepseekV3, false, false},

    {"gpt-4o", PreTokenizer::kGptOss, false, false},
    {"llama4", PreTokenizer::kGptOss, false, false},
    {"kanana2", PreTokenizer::kGptOss, false, false},
    {"talkie", PreTokenizer::kGptOss, false, false},
    {"minimax-m2", PreTokenizer::kGptOss, false, false},

    {"tekken", PreTokenizer::kTekken, true, true},
};

}  // namespace

const GgufPreTokenizer* gguf_pre_tokenizer(std::string_view name) {
  for (const GgufPreTokenizer& known : kNames) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

std::string gguf_pre_tokenizer_names() {
  std::string all;
  for (const GgufPreTokenizer& known : kNames) {
    if (!all.empty()) all += ", ";
    all += known.name;
  }
  return all;
}

}  // namespace gistmill::bpe
