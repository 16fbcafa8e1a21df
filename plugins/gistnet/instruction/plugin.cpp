// gistnet/instruction-mean and gistnet/instruction-last: what can be taken of an instruction's embeddings
// without training; gistnet/instruction-spans: instructions as spans of one length, for any trained gistnet.
// B texts, G gist tokens of each, T tokens of all instructions, P tokens of a span, D hidden size.
#include <gistmill/torch.hpp>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

namespace {

using gistmill::Error;

// instruction_lengths i32[B], in main memory: at least 1 and at most `most`, which is negative where there is
// no limit.
void check_lengths(const at::Tensor& lengths, std::int64_t most) {
  const auto length = lengths.accessor<std::int32_t, 1>();
  for (std::int64_t row = 0; row < length.size(0); ++row) {
    if (length[row] >= 1 && (most < 0 || length[row] <= most)) continue;
    throw Error(GM_ERROR_USER, "row " + std::to_string(row + 1) + " of the batch has an instruction of " +
                                   std::to_string(length[row]) + " tokens");
  }
}

class Instructions : public gistmill::torch::Component {
 public:
  // instruction i32[B, M], instruction_lengths i32[B] -> tokens i32[T], spans i32[T]
  std::tuple<at::Tensor, at::Tensor> tokens(const at::Tensor& instruction, const at::Tensor& lengths) const {
    check_lengths(lengths, instruction.size(1));
    const at::Tensor columns = at::arange(instruction.size(1), at::kInt);
    const at::Tensor tokens = instruction.masked_select(columns.lt(lengths.unsqueeze(1)));
    return {tokens, at::arange(tokens.size(0), at::kInt)};
  }

 protected:
  // Mean of part number `part` of `count` equal parts of [n, D]; parts of less than a token share one.
  static at::Tensor mean_of_part(const at::Tensor& own, std::int64_t part, std::int64_t count) {
    const std::int64_t begin = part * own.size(0) / count;
    const std::int64_t end = std::max((part + 1) * own.size(0) / count, begin + 1);
    return own.slice(0, begin, end).mean(0);
  }

  // The vector of part number `part` of a row, from its tokens' embeddings [n, D]; all as [B, k, D].
  template <class Part>
  static at::Tensor of_parts(const at::Tensor& embeddings, const at::Tensor& lengths, std::int64_t count,
                             const Part& vector_of) {
    check_lengths(lengths, -1);
    const auto length = lengths.accessor<std::int32_t, 1>();
    std::vector<at::Tensor> vectors;
    std::int64_t first = 0;
    for (std::int64_t row = 0; row < length.size(0); first += length[row++]) {
      const at::Tensor own = embeddings.select(1, 0).slice(0, first, first + length[row]);
      for (std::int64_t part = 0; part < count; ++part) vectors.push_back(vector_of(own, part));
    }
    return at::stack(vectors).view({length.size(0), count, -1});
  }
};

class InstructionMean : public Instructions {
 public:
  explicit InstructionMean(const gistmill::Options& options)
      : count_(options.integer("k")), centered_(options.boolean("centered")) {}

  // embeddings [T, 1, D], instruction_lengths i32[B], embedding_mean [D], embedding_norm []
  // -> gist [B, G, D]
  at::Tensor place(const at::Tensor& embeddings, const at::Tensor& lengths, const at::Tensor&,
                   const at::Tensor& embedding_mean, const at::Tensor& embedding_norm) const {
    at::Tensor gist = of_parts(embeddings, lengths, count_, [&](const at::Tensor& own, std::int64_t part) {
      return mean_of_part(own, part, count_);
    });
    if (centered_) {
      const at::Tensor rest = gist - embedding_mean;
      gist = rest * (embedding_norm / rest.norm(2, -1, true).clamp_min(kSmallestNorm));
    }
    return gist;
  }

 private:
  static constexpr double kSmallestNorm =
      1e-12;  // an instruction of nothing but the mean gives zero, not nan

  std::int64_t count_;  // k
  bool centered_;
};

class InstructionLast : public Instructions {
 public:
  explicit InstructionLast(const gistmill::Options& options) : count_(options.integer("k")) {}

  // embeddings [T, 1, D], instruction_lengths i32[B] -> gist [B, G, D]
  at::Tensor place(const at::Tensor& embeddings, const at::Tensor& lengths, const at::Tensor&) const {
    return of_parts(embeddings, lengths, count_, [&](const at::Tensor& own, std::int64_t part) {
      return own.select(0, std::max<std::int64_t>(own.size(0) - count_ + part, 0));
    });
  }

 private:
  std::int64_t count_;  // k
};

class InstructionSpans : public Instructions {
 public:
  explicit InstructionSpans(const gistmill::Options& options)
      : count_(options.integer("k")), length_(options.integer("length")) {}

  // embeddings [T, 1, D], instruction_lengths i32[B] -> embeddings [K, P, D], K = B k: of each text one span
  // a gist token. The k parts of an instruction, each brought to P rows: a token stands several times where
  // there are fewer, and several tokens are one mean where there are more.
  at::Tensor spans(const at::Tensor& embeddings, const at::Tensor& lengths) const {
    const at::Tensor rows = of_parts(
        embeddings, lengths, count_ * length_,
        [&](const at::Tensor& own, std::int64_t part) { return mean_of_part(own, part, count_ * length_); });
    return rows.view({lengths.size(0) * count_, length_, rows.size(2)});
  }

  // compressed [K, 1, D], gist_places i32[B, G] -> gist [B, G, D]
  at::Tensor place(const at::Tensor& compressed, const at::Tensor& places) const {
    return compressed.view({places.size(0), count_, compressed.size(2)});
  }

 private:
  std::int64_t count_;   // k
  std::int64_t length_;  // P
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<InstructionMean>("gistnet/instruction-mean")
                    .operation("tokens", &InstructionMean::tokens)
                    .operation("place", &InstructionMean::place),
                gistmill::component<InstructionLast>("gistnet/instruction-last")
                    .operation("tokens", &InstructionLast::tokens)
                    .operation("place", &InstructionLast::place),
                gistmill::component<InstructionSpans>("gistnet/instruction-spans")
                    .operation("tokens", &InstructionSpans::tokens)
                    .operation("spans", &InstructionSpans::spans)
                    .operation("place", &InstructionSpans::place));
