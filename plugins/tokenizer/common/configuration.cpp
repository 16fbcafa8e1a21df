// Rules of transformers 5.24; where 4.57 differs, docs/tokenizers.md says so.
#include "plugins/tokenizer/common/configuration.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <gistmill/formats/error.hpp>
#include <gistmill/formats/json.hpp>

#include "plugins/tokenizer/common/added_files.hpp"
#include "plugins/tokenizer/common/model_files.hpp"

namespace gistmill::tokenizer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

struct ModelClass {
  std::string_view model_type, tokenizer_class;
};

// Which class reads a folder that names none, by the model_type of its config.json.
constexpr ModelClass kModelClasses[] = {
    {"gpt2", "GPT2Tokenizer"},    {"qwen2", "Qwen2Tokenizer"},     {"qwen2_moe", "Qwen2Tokenizer"},
    {"qwen3", "Qwen2Tokenizer"},  {"qwen3_moe", "Qwen2Tokenizer"}, {"gemma", "GemmaTokenizer"},
    {"gemma2", "GemmaTokenizer"}, {"gemma3", "GemmaTokenizer"},    {"gemma3_text", "GemmaTokenizer"},
};

std::string class_of(const fs::path& folder, const json& values) {
  std::string name = text_of(values, "tokenizer_class");
  const fs::path model = folder / "config.json";
  if (fs::exists(model)) {
    const json config = formats::read_json_file(model, kTokenizerJsonLimits);
    if (config.is_object()) {
      if (name.empty()) name = text_of(config, "tokenizer_class");
      const std::string type = text_of(config, "model_type");
      // Folders of this type name all kinds of classes, and transformers believes none of them.
      if (type == "qwen2" && !values.contains("auto_map")) name = "Qwen2Tokenizer";
      for (const ModelClass& known : kModelClasses) {
        if (name.empty() && known.model_type == type) name = known.tokenizer_class;
      }
    }
  }
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  return name;
}

// Switches that change ids and that nothing here follows.
void refuse_switches(const Configuration& configuration) {
  const auto refuse = [&](const std::string& message) {
    throw formats::FormatError(configuration.path.string() + ": " + message);
  };
  if (configuration.flag("fix_mistral_regex").value_or(false)) {
    refuse(
        "fix_mistral_regex is true, which puts another pre-tokenizer in the place of tokenizer.json's, one "
        "that is not known here; set it to false for the ids of tokenizer.json itself");
  }
  const auto sampling = configuration.values.find("sp_model_kwargs");
  if (sampling != configuration.values.end() && sampling->is_object() &&
      sampling->value("enable_sampling", json()) == true) {
    refuse("sp_model_kwargs.enable_sampling is true, which draws ids at random; set it to false");
  }
}

}  // namespace

std::optional<bool> Configuration::flag(const char* key) const {
  const auto found = values.find(key);
  if (found == values.end() || !found->is_boolean()) return std::nullopt;
  return found->get<bool>();
}

bool Configuration::sorts_added_tokens() const {
  static constexpr std::string_view kClasses[] = {
      "CodeGenTokenizer", "CodeLlamaTokenizer", "CohereTokenizer", "GPT2Tokenizer",   "GPTNeoXTokenizer",
      "GemmaTokenizer",   "LlamaTokenizer",     "Qwen2Tokenizer",  "RobertaTokenizer"};
  return std::find(std::begin(kClasses), std::end(kClasses), tokenizer_class) != std::end(kClasses);
}

Configuration read_configuration(const fs::path& folder, ModelKind kind) {
  Configuration configuration;
  configuration.values = effective_config(folder);
  configuration.path = folder / "tokenizer_config.json";
  configuration.tokenizer_class = class_of(folder, configuration.values);
  const bool llama = configuration.tokenizer_class == "LlamaTokenizer";
  if (kind == ModelKind::kUnigram || (kind == ModelKind::kByteLevelBpe && llama))
    configuration.tokenizer_class.clear();
  refuse_switches(configuration);
  add_default_tokens(configuration.tokenizer_class, &configuration.values);
  return configuration;
}

void add_default_tokens(const std::string& tokenizer_class, json* values) {
  const auto otherwise = [&](const char* key, const char* text) {
    if (!values->contains(key)) (*values)[key] = text;
  };
  if (tokenizer_class == "GPT2Tokenizer" || tokenizer_class == "Qwen2Tokenizer") {
    otherwise(tokenizer_class == "GPT2Tokenizer" ? "bos_token" : "pad_token", "<|endoftext|>");
    for (const char* key : {"eos_token", "unk_token"}) otherwise(key, "<|endoftext|>");
  } else if (tokenizer_class == "LlamaTokenizer") {
    otherwise("bos_token", "<s>");
    otherwise("eos_token", "</s>");
    otherwise("unk_token", "<unk>");
  } else if (tokenizer_class == "GemmaTokenizer") {
    otherwise("bos_token", "<bos>");
    otherwise("eos_token", "<eos>");
    otherwise("unk_token", "<unk>");
    otherwise("pad_token", "<pad>");
    otherwise("mask_token", "<mask>");
  }
}

}  // namespace gistmill::tokenizer
