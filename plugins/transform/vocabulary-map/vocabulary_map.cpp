#include "plugins/transform/vocabulary-map/vocabulary_map.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gistmill::vocabulary_map {
namespace {

constexpr std::int32_t kNone = -1;

using Tokens = std::vector<std::string_view>;  // by id; they point into the port

Tokens tokens_of(const Tensor& bytes, const Tensor& ends, const std::string& port) {
  const auto* text = reinterpret_cast<const char*>(bytes.data<std::uint8_t>());
  Tokens tokens;
  tokens.reserve(static_cast<std::size_t>(ends.size()));
  std::int32_t begin = 0;
  for (std::int64_t i = 0; i < ends.size(); ++i) {
    const std::int32_t end = ends.data<std::int32_t>()[i];
    if (end < begin || end > bytes.size())
      throw Error(GM_ERROR_USER, port + " does not ascend within the bytes", port);
    tokens.emplace_back(text + begin, static_cast<std::size_t>(end - begin));
    begin = end;
  }
  return tokens;
}

// For people: bytes that are no printable ASCII as \xNN.
std::string shown(std::string_view token) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text = "'";
  for (const char letter : token) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x20 && byte < 0x7f) {
      text += letter;
    } else {
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text + "'";
}

[[noreturn]] void refuse(const Tokens& student, const Tokens& teacher) {
  const std::size_t both = std::min(student.size(), teacher.size());
  const auto first = static_cast<std::size_t>(
      std::mismatch(student.begin(), student.begin() + static_cast<std::ptrdiff_t>(both), teacher.begin())
          .first -
      student.begin());
  std::string what = "teacher and student have different vocabularies: of " + std::to_string(teacher.size()) +
                     " and " + std::to_string(student.size()) + " tokens";
  if (first < both) {
    what += "; token " + std::to_string(first) + " is " + shown(teacher[first]) + " of the teacher and " +
            shown(student[first]) + " of the student";
  }
  throw Error(GM_ERROR_USER,
              what +
                  "; take a teacher with the student's tokenizer, or unequal = \"map\" where both cut text "
                  "alike",
              "unequal");
}

// The first id of each token's bytes in `to`.
std::vector<std::int32_t> equals_of(const Tokens& from, const Tokens& to) {
  std::unordered_map<std::string_view, std::int32_t> ids;
  ids.reserve(to.size());
  for (std::size_t id = 0; id < to.size(); ++id) ids.emplace(to[id], static_cast<std::int32_t>(id));
  std::vector<std::int32_t> equals;
  equals.reserve(from.size());
  for (const std::string_view token : from) {
    const auto found = ids.find(token);
    equals.push_back(found == ids.end() ? kNone : found->second);
  }
  return equals;
}

std::vector<std::int32_t> themselves(std::size_t count) {
  std::vector<std::int32_t> ids(count);
  for (std::size_t id = 0; id < count; ++id) ids[id] = static_cast<std::int32_t>(id);
  return ids;
}

Tensor list(const std::vector<std::int32_t>& ids) {
  return Tensor::of(ids, {static_cast<std::int64_t>(ids.size())});
}

// What becomes of one row of a teacher.
class Row {
 public:
  // Q tokens of the teacher, most probable first.
  void take(const std::int32_t* ids, const float* log_probability, std::int64_t count,
            const Tensor& from_teacher) {
    for (const auto& [id, value] : tokens_) places_[static_cast<std::size_t>(id)] = kNone;
    tokens_.clear();
    unmapped_ = 0;
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int32_t id = own_id(ids[k], from_teacher);
      if (id == kNone) {
        unmapped_ += std::exp(static_cast<double>(log_probability[k]));
      } else {
        add(id, log_probability[k]);
      }
    }
    const auto before = [](const auto& a, const auto& b) { return a.second > b.second; };
    if (!std::is_sorted(tokens_.begin(), tokens_.end(), before))
      std::stable_sort(tokens_.begin(), tokens_.end(), before);
  }
  void give(std::int32_t* ids, float* log_probability, std::int64_t count) const {
    std::fill(ids, ids + count, kNone);
    std::fill(log_probability, log_probability + count, -std::numeric_limits<float>::infinity());
    for (std::size_t k = 0; k < tokens_.size(); ++k) {
      ids[k] = tokens_[k].first;
      log_probability[k] = tokens_[k].second;
    }
  }
  double unmapped() const { return unmapped_; }

 private:
  // A teacher's logits may be more than its tokens.
  static std::int32_t own_id(std::int32_t id, const Tensor& from_teacher) {
    return id >= 0 && id < from_teacher.size() ? from_teacher.data<std::int32_t>()[id] : kNone;
  }
  // Tokens of the teacher with equal bytes are one token of the student.
  void add(std::int32_t id, float log_probability) {
    if (places_.size() <= static_cast<std::size_t>(id))
      places_.resize(static_cast<std::size_t>(id) + 1, kNone);
    std::int32_t& place = places_[static_cast<std::size_t>(id)];
    if (place == kNone) {
      place = static_cast<std::int32_t>(tokens_.size());
      tokens_.emplace_back(id, log_probability);
      return;
    }
    float& value = tokens_[static_cast<std::size_t>(place)].second;
    const float more = std::max(value, log_probability);
    if (std::isfinite(more)) value = more + std::log1p(std::exp(std::min(value, log_probability) - more));
  }

  std::vector<std::pair<std::int32_t, float>> tokens_;  // of the student
  std::vector<std::int32_t> places_;                    // [id]: where it stands in tokens_; -1: nowhere
  double unmapped_ = 0;
};

}  // namespace

std::tuple<Tensor, Tensor> VocabularyMap::compare(const Tensor& token_bytes, const Tensor& token_ends,
                                                  const Tensor& teacher_bytes,
                                                  const Tensor& teacher_ends) const {
  const Tokens student = tokens_of(token_bytes, token_ends, "token_ends");
  const Tokens teacher = tokens_of(teacher_bytes, teacher_ends, "teacher_ends");
  if (student == teacher) return {list(themselves(student.size())), list(themselves(teacher.size()))};
  if (!maps_) refuse(student, teacher);
  return {list(equals_of(student, teacher)), list(equals_of(teacher, student))};
}

Tensor VocabularyMap::ids(const Tensor& ids, const std::optional<Tensor>& counts,
                          const Tensor& to_teacher) const {
  Tensor mapped = Tensor::zeros<std::int32_t>(ids.shape());
  for (std::int64_t i = 0; i < ids.size(); ++i) {
    if (counts && counts->data<float>()[i] == 0) continue;
    const std::int32_t id = ids.data<std::int32_t>()[i];
    const bool known = id >= 0 && id < to_teacher.size();
    const std::int32_t teacher = known ? to_teacher.data<std::int32_t>()[id] : kNone;
    if (teacher == kNone) {
      throw Error(GM_ERROR_USER,
                  "token " + std::to_string(id) + " of the text is not in the " +
                      (known ? "teacher's vocabulary, so the teacher cannot read it"
                             : "student's vocabulary; was the text prepared with its tokenizer?"),
                  "ids");
    }
    mapped.mutable_data<std::int32_t>()[i] = teacher;
  }
  return mapped;
}

std::tuple<Tensor, Tensor, Tensor> VocabularyMap::topk(const Tensor& topk_ids,
                                                       const Tensor& topk_log_probability,
                                                       const Tensor& from_teacher) const {
  const std::int64_t texts = topk_ids.shape()[0];
  const std::int64_t rows = topk_ids.shape()[1];
  const std::int64_t count = topk_ids.shape()[2];
  Tensor ids = Tensor::zeros<std::int32_t>(topk_ids.shape());
  Tensor log_probability = Tensor::zeros<float>(topk_ids.shape());
  Tensor unmapped = Tensor::zeros<float>({texts});
  Row row;
  for (std::int64_t text = 0; text < texts; ++text) {
    double sum = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t at = (text * rows + r) * count;
      row.take(topk_ids.data<std::int32_t>() + at, topk_log_probability.data<float>() + at, count,
               from_teacher);
      row.give(ids.mutable_data<std::int32_t>() + at, log_probability.mutable_data<float>() + at, count);
      sum += row.unmapped();
    }
    unmapped.mutable_data<float>()[text] = static_cast<float>(sum / static_cast<double>(rows));
  }
  if (maps_) report(unmapped);
  return {std::move(ids), std::move(log_probability), std::move(unmapped)};
}

// After 1, 10, 100, ... batches: a run has the log, and a figure only where it evaluates with the teacher.
void VocabularyMap::report(const Tensor& unmapped) const {
  const std::lock_guard lock(mutex_);
  for (std::int64_t text = 0; text < unmapped.size(); ++text) unmapped_ += unmapped.data<float>()[text];
  texts_ += unmapped.size();
  if (++batches_ != next_report_) return;
  next_report_ *= 10;
  char share[32];
  std::snprintf(share, sizeof share, "%.3g", 100 * unmapped_ / static_cast<double>(texts_));
  log(GM_LOG_INFO, std::string("tokens that the student lacks have ") + share +
                       " % of the probability that the teacher gave in " + std::to_string(texts_) + " texts");
}

}  // namespace gistmill::vocabulary_map
