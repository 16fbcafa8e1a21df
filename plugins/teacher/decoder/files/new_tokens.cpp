#include "plugins/teacher/decoder/files/new_tokens.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <set>
#include <utility>

#include <gistmill/formats/json.hpp>
#include <gistmill/plugin/values.hpp>
#include <nlohmann/json.hpp>

namespace gistmill::decoder {
namespace {

std::vector<std::string> texts_of(const std::string& list, std::int64_t count) {
  std::vector<std::string> texts;
  const nlohmann::json parsed = formats::parse_json(list, "texts");
  for (const nlohmann::json& text : parsed) {
    if (!text.is_string()) continue;
    std::string found = text.get<std::string>();
    if (!found.empty()) texts.push_back(std::move(found));
  }
  const bool sound = parsed.is_array() && texts.size() == parsed.size() &&
                     std::set<std::string>(texts.begin(), texts.end()).size() == texts.size() &&
                     static_cast<std::int64_t>(texts.size()) == count;
  if (sound) return texts;
  throw Error(GM_ERROR_USER, "texts is " + list.substr(0, 100) + " when it should be a list of " +
                                 std::to_string(count) + " texts, each another");
}

// table [V, D] -> f32[vocabulary, D]: new rows are its mean.
at::Tensor grown(const at::Tensor& table, std::int64_t vocabulary) {
  const at::Tensor rows = table.to(at::kFloat);
  const std::int64_t more = vocabulary - rows.size(0);
  return at::cat({rows, rows.mean(0, true).expand({more, -1})});
}

}  // namespace

NewTokens new_tokens(const std::string& texts, const at::Tensor& vectors, const std::string& model,
                     const TokenizerFiles& given, std::int64_t vocabulary) {
  try {
    return {number_tokens(texts_of(texts, vectors.size(0)), model, given, vocabulary), vectors};
  } catch (const formats::FormatError& error) {
    throw Error(GM_ERROR_USER, error.what(), "model");
  }
}

void add_rows(const NewTokens& tokens, ModelPlan& plan, Weights& weights) {
  const at::NoGradGuard no_grad;
  std::vector<std::int64_t> ids;
  for (const SpecialToken& token : tokens.tokens) ids.push_back(token.id);
  std::int64_t vocabulary = plan.config.vocabulary;
  for (const std::int64_t id : ids) vocabulary = std::max(vocabulary, id + 1);
  weights.embedding = grown(weights.embedding, vocabulary);
  weights.embedding.index_copy_(0, at::tensor(ids, at::kLong).to(weights.embedding.device()),
                                tokens.vectors.to(weights.embedding.options()) / plan.config.embedding_scale);
  weights.head.weight = plan.layout.own_head ? grown(weights.head.weight, vocabulary) : weights.embedding;
  plan.config.vocabulary = vocabulary;
}

void write_tokens(const NewTokens& tokens, const std::filesystem::path& folder) {
  write_special_tokens(tokens.tokens, folder);
}

}  // namespace gistmill::decoder
