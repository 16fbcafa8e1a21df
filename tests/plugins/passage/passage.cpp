// The least that is resumable, and a source of passages for it; see plugin.toml. T tokens, K spans of S
// tokens, H targets a span, D hidden size, V vocabulary.
#include <gistmill/torch.hpp>

#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>

namespace {

constexpr std::int64_t kTokens = 32, kSpan = 4, kTargets = 2, kWidth = 8, kVocabulary = 16;

struct Passage {
  at::Tensor rows;  // [T, D]: the embedding of each token
};

}  // namespace

template <>
struct gistmill::ObjectType<Passage> {
  static constexpr const char* name = "test.passage/1";
};

namespace {

class Passages : public gistmill::torch::Component {
 public:
  explicit Passages(const gistmill::Options&) {}

  // -> tokens [T], spans [K], targets [K, H], mask [K, H]
  std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> next() const {
    const at::Tensor tokens = (at::arange(kTokens) * 7 % kVocabulary).to(at::kInt);
    const at::Tensor spans = at::arange(8, 8 + 3 * kSpan, kSpan).to(at::kInt);
    const at::Tensor places = spans.to(at::kLong).unsqueeze(1) + kSpan + at::arange(kTargets);
    return {tokens, spans, tokens.index({places}), at::ones({3, kTargets})};
  }
};

class Student : public gistmill::torch::Component {
 public:
  explicit Student(const gistmill::Options&)
      : table_(at::sin(at::arange(kVocabulary * kWidth, at::kFloat).view({kVocabulary, kWidth}) * 1.7)) {}

  std::int64_t symbol(std::string_view name) const { return name == "D" ? kWidth : name == "S" ? kSpan : -1; }

  at::Tensor embed(const at::Tensor& tokens, const at::Tensor& spans) const {
    return rows_of(tokens).index({places(spans, 0, kSpan)});
  }
  std::tuple<at::Tensor, at::Tensor> scale() const { return {table_.mean(0), table_.norm(2, 1).mean()}; }
  std::shared_ptr<const Passage> read(const at::Tensor& tokens) const {
    return std::make_shared<Passage>(Passage{rows_of(tokens)});
  }
  // The row before each target, and the mean of the span.
  at::Tensor original(const std::shared_ptr<const Passage>& passage, const at::Tensor& spans,
                      const at::Tensor& targets) const {
    return before_targets(*passage, spans, targets) +
           passage->rows.index({places(spans, 0, kSpan)}).mean(1, /*keepdim=*/true);
  }
  at::Tensor resume(const std::shared_ptr<const Passage>& passage, const at::Tensor& spans,
                    const at::Tensor& gist, const at::Tensor&, const at::Tensor& targets) const {
    return before_targets(*passage, spans, targets) + gist.mean(1, /*keepdim=*/true);
  }
  at::Tensor head() const { return table_; }

 private:
  // [K, size]: places in the text, from `first` behind the start of each span.
  static at::Tensor places(const at::Tensor& spans, std::int64_t first, std::int64_t size) {
    return spans.to(at::kLong).unsqueeze(1) + first + at::arange(size);
  }
  at::Tensor rows_of(const at::Tensor& tokens) const { return table_.index({tokens.to(at::kLong)}); }
  static at::Tensor before_targets(const Passage& passage, const at::Tensor& spans,
                                   const at::Tensor& targets) {
    return passage.rows.index({places(spans, kSpan - 1, targets.size(1))});
  }

  at::Tensor table_;  // [V, D]: embeddings and output projection
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Passages>("test/passages").operation("next", &Passages::next),
                gistmill::component<Student>("student/passage")
                    .operation("embed", &Student::embed)
                    .operation("scale", &Student::scale)
                    .operation("read", &Student::read)
                    .operation("original", &Student::original)
                    .operation("resume", &Student::resume)
                    .operation("head", &Student::head));
