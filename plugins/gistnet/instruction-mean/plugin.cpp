// gistnet/instruction-mean: mean pooling of an instruction's embeddings. B texts, G gist tokens of each, T
// tokens of all instructions, D hidden size.
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

class InstructionMean : public gistmill::torch::Component {
 public:
  explicit InstructionMean(const gistmill::Options& options)
      : count_(options.integer("k")), centered_(options.boolean("centered")) {}

  // instruction i32[B, M], instruction_lengths i32[B] -> tokens i32[T], spans i32[T]
  std::tuple<at::Tensor, at::Tensor> tokens(const at::Tensor& instruction, const at::Tensor& lengths) const {
    check_lengths(lengths, instruction.size(1));
    const at::Tensor columns = at::arange(instruction.size(1), at::kInt);
    const at::Tensor tokens = instruction.masked_select(columns.lt(lengths.unsqueeze(1)));
    return {tokens, at::arange(tokens.size(0), at::kInt)};
  }

  // embeddings [T, 1, D], instruction_lengths i32[B], embedding_mean [D], embedding_norm []
  // -> gist [B, G, D]
  at::Tensor place(const at::Tensor& embeddings, const at::Tensor& lengths, const at::Tensor&,
                   const at::Tensor& embedding_mean, const at::Tensor& embedding_norm) const {
    check_lengths(lengths, -1);
    const auto length = lengths.accessor<std::int32_t, 1>();
    std::vector<at::Tensor> means;
    std::int64_t first = 0;
    for (std::int64_t row = 0; row < length.size(0); first += length[row++]) {
      for (std::int64_t part = 0; part < count_; ++part) {
        // Parts of less than a token share one.
        const std::int64_t begin = part * length[row] / count_;
        const std::int64_t end = std::max((part + 1) * length[row] / count_, begin + 1);
        means.push_back(embeddings.slice(0, first + begin, first + end).mean({0, 1}));
      }
    }
    at::Tensor gist = at::stack(means).view({length.size(0), count_, -1});
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

}  // namespace

GISTMILL_PLUGIN(gistmill::component<InstructionMean>("gistnet/instruction-mean")
                    .operation("tokens", &InstructionMean::tokens)
                    .operation("place", &InstructionMean::place));
