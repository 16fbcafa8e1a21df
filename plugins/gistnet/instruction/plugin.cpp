// gistnet/instruction-mean and gistnet/instruction-last: what can be taken of an instruction's embeddings
// without training. B texts, G gist tokens of each, T tokens of all instructions, D hidden size.
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
      // Parts of less than a token share one.
      const std::int64_t begin = part * own.size(0) / count_;
      const std::int64_t end = std::max((part + 1) * own.size(0) / count_, begin + 1);
      return own.slice(0, begin, end).mean(0);
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

}  // namespace

GISTMILL_PLUGIN(gistmill::component<InstructionMean>("gistnet/instruction-mean")
                    .operation("tokens", &InstructionMean::tokens)
                    .operation("place", &InstructionMean::place),
                gistmill::component<InstructionLast>("gistnet/instruction-last")
                    .operation("tokens", &InstructionLast::tokens)
                    .operation("place", &InstructionLast::place));
