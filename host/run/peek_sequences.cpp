#include "host/run/peek_sequences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gistmill {
namespace {

constexpr std::int64_t kRows = 4;    // that are shown of what a teacher said
constexpr std::int64_t kNext = 5;    // tokens of each
constexpr std::int64_t kBefore = 8;  // tokens of text before them

// Row `row` of [B, T, ...].
template <class T>
const T* row_of(const Tensor& tensor, std::int64_t row) {
  return tensor.data<T>() + row * (tensor.size() / tensor.shape().at(0));
}

// Tokens in front of the padding.
std::int64_t size_of(const Arrays& item, std::int64_t row) {
  const std::int64_t length = item.at("ids").shape().at(1);
  const Tensor* counts = find_array(item, "counts");
  if (counts == nullptr) return length;
  const auto* counted = row_of<float>(*counts, row);
  return std::count_if(counted, counted + length, [](float value) { return value != 0.0f; });
}

std::vector<SequenceSample::Piece> pieces_of(const Tokens& ids, const std::int32_t* boundaries,
                                             const Decoder& decoder) {
  std::vector<SequenceSample::Piece> pieces;
  for (std::int64_t at = 0; at < std::ssize(ids); ++at) {
    const bool begins = boundaries[at] != 0;
    if (begins || at == 0) {
      pieces.emplace_back();
      pieces.back().begin = at;
      pieces.back().goes_on = !begins;
    }
    pieces.back().tokens.push_back(ids[static_cast<std::size_t>(at)]);
  }
  for (SequenceSample::Piece& piece : pieces) piece.text = decoder.text(piece.tokens);
  return pieces;
}

SequenceSample::Row teacher_row(const Tokens& ids, std::int64_t token, const std::int32_t* topk_ids,
                                const float* log_probability, std::int64_t tokens, const Decoder& decoder) {
  SequenceSample::Row row;
  row.token = token;
  row.before.assign(ids.begin() + std::max<std::int64_t>(0, token + 1 - kBefore), ids.begin() + token + 1);
  row.before_text = decoder.text(row.before);
  row.came.id = ids[static_cast<std::size_t>(token) + 1];
  row.came.text = decoder.text({row.came.id});
  row.came.probability = std::numeric_limits<double>::quiet_NaN();
  row.others = 1;
  for (std::int64_t k = 0; k < tokens; ++k) {
    const double probability = std::exp(static_cast<double>(log_probability[k]));
    if (topk_ids[k] == row.came.id) row.came.probability = probability;
    if (k >= kNext) continue;
    row.next.push_back({topk_ids[k], decoder.text({topk_ids[k]}), probability});
    row.others -= probability;
  }
  return row;
}

// Rows spread evenly over those that a token follows.
void add_teacher(const Arrays& item, std::int64_t number, const Tokens& ids, const Decoder& decoder,
                 SequenceSample& sample) {
  const Tensor* topk_ids = find_array(item, "topk_ids");
  const Tensor* values = find_array(item, "topk_log_probability");
  if (topk_ids == nullptr || values == nullptr) return;
  sample.teacher_tokens = topk_ids->shape().at(2);
  if (const Tensor* temperature = find_array(item, "topk_temperature"); temperature != nullptr)
    sample.temperature = *temperature->data<float>();
  const std::int64_t followed = std::ssize(ids) - 1;
  const std::int64_t count = std::min(kRows, followed);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t token = (2 * i + 1) * followed / (2 * count);
    const std::int64_t at = token * sample.teacher_tokens;
    sample.rows.push_back(teacher_row(ids, token, row_of<std::int32_t>(*topk_ids, number) + at,
                                      row_of<float>(*values, number) + at, sample.teacher_tokens, decoder));
  }
}

std::string next_text(const SequenceSample::Row::Next& next) {
  const std::string token =
      next.text.empty() ? fmt::format("{}", next.id) : fmt::format("\"{}\"", shown(next.text));
  return std::isnan(next.probability) ? token : fmt::format("{} {:.3f}", token, next.probability);
}

nlohmann::json next_json(const SequenceSample::Row::Next& next) {
  nlohmann::json json = {{"id", next.id}, {"text", next.text}, {"probability", nullptr}};
  if (!std::isnan(next.probability)) json["probability"] = next.probability;
  return json;
}

}  // namespace

bool gives_sequences(const OperationSpec& operation) {
  const auto needs = [](const PortSpec& port) { return !port.optional; };
  return std::ranges::none_of(operation.inputs, needs) && operation.output("ids") != nullptr &&
         operation.output("boundaries") != nullptr;
}

SequenceSample sequence_sample(const Arrays& item, std::int64_t row, const Decoder& decoder) {
  SequenceSample sample;
  const Tensor& all = item.at("ids");
  const auto* first = row_of<std::int32_t>(all, row);
  const Tokens ids(first, first + size_of(item, row));
  sample.padding = all.shape().at(1) - std::ssize(ids);
  if (const Tensor* numbers = find_array(item, "sequence"); numbers != nullptr)
    sample.number = numbers->data<std::int32_t>()[row];
  sample.pieces = pieces_of(ids, row_of<std::int32_t>(item.at("boundaries"), row), decoder);
  add_teacher(item, row, ids, decoder, sample);
  return sample;
}

std::string to_text(const SequenceSample& sample) {
  std::int64_t tokens = 0;
  for (const SequenceSample::Piece& piece : sample.pieces) tokens += std::ssize(piece.tokens);
  std::string text = sample.number < 0 ? "a sequence" : fmt::format("sequence {}", sample.number);
  text += fmt::format(" of {} tokens", tokens);
  if (sample.padding > 0) text += fmt::format(" and {} of padding", sample.padding);
  text += "\n";
  for (const SequenceSample::Piece& piece : sample.pieces) {
    text += fmt::format("  {} {:>5}  [{}]\n", piece.goes_on ? "goes on     " : "document, at", piece.begin,
                        shown(piece.tokens, piece.text));
  }
  if (sample.teacher_tokens == 0) return text;
  text += fmt::format("  a teacher's {} most probable tokens", sample.teacher_tokens);
  if (sample.temperature > 0) text += fmt::format(" at temperature {:g}", sample.temperature);
  text += "\n";
  for (const SequenceSample::Row& row : sample.rows) {
    text += fmt::format("  {:>5}  [{}] -> ", row.token, shown(row.before, row.before_text));
    for (const SequenceSample::Row::Next& next : row.next) text += next_text(next) + ", ";
    text += fmt::format("others {:.3f}; the text has {}\n", std::max(row.others, 0.0), next_text(row.came));
  }
  return text;
}

nlohmann::json to_json(const SequenceSample& sample) {
  nlohmann::json pieces = nlohmann::json::array();
  for (const SequenceSample::Piece& piece : sample.pieces)
    pieces.push_back(
        {{"begin", piece.begin}, {"goes_on", piece.goes_on}, {"text", piece.text}, {"tokens", piece.tokens}});
  nlohmann::json json = {{"padding", sample.padding}, {"documents", std::move(pieces)}};
  if (sample.number >= 0) json["sequence"] = sample.number;
  if (sample.teacher_tokens == 0) return json;
  nlohmann::json rows = nlohmann::json::array();
  for (const SequenceSample::Row& row : sample.rows) {
    nlohmann::json next = nlohmann::json::array();
    for (const SequenceSample::Row::Next& one : row.next) next.push_back(next_json(one));
    rows.push_back({{"token", row.token},
                    {"before", {{"text", row.before_text}, {"tokens", row.before}}},
                    {"next", std::move(next)},
                    {"others", row.others},
                    {"came", next_json(row.came)}});
  }
  json["teacher"] = {
      {"tokens", sample.teacher_tokens}, {"temperature", sample.temperature}, {"rows", std::move(rows)}};
  return json;
}

}  // namespace gistmill
