// hierarchy/blocks: long spans as blocks, and the gists of blocks as what the next level compresses. K spans
// of R blocks of S tokens. Only shapes change: tensors are viewed, and a gradient passes.
#include <gistmill/torch.hpp>

#include <string>
#include <tuple>
#include <vector>

namespace {

using gistmill::Error;

class Blocks : public gistmill::torch::Component {
 public:
  explicit Blocks(const gistmill::Options& options)
      : block_(options.integer("block")), blocks_(options.integer("blocks")) {}

  // embeddings [K, R S, D] -> [K R, S, D]
  at::Tensor split(const at::Tensor& embeddings) const { return in_blocks(embeddings); }

  // states [K, R S, N, D] -> [K R, S, N, D]
  at::Tensor split_states(const at::Tensor& states) const { return in_blocks(states); }

  // gist [K R, 1, D], offsets [K R, 1] -> gists [K, R, D], states [K, R, 1, D], offsets [K, R]
  std::tuple<at::Tensor, at::Tensor, at::Tensor> join(const at::Tensor& gist,
                                                      const at::Tensor& offsets) const {
    if (gist.size(0) % blocks_ != 0) {
      throw Error(GM_ERROR_USER,
                  "gists of " + std::to_string(gist.size(0)) + " blocks came when a span has " +
                      std::to_string(blocks_) + " blocks",
                  "blocks");
    }
    const at::Tensor gists = gist.reshape({-1, blocks_, gist.size(2)});
    const at::Tensor begins = at::arange(blocks_, offsets.options()) * block_;  // [R]
    return {gists, gists.unsqueeze(2), offsets.reshape({-1, blocks_}) + begins};
  }

  // offsets [K, G], each below R, gist_offsets [K, R] -> [K, G]
  at::Tensor place(const at::Tensor& offsets, const at::Tensor& gist_offsets) const {
    return gist_offsets.gather(1, offsets.to(at::kLong));
  }

 private:
  at::Tensor in_blocks(const at::Tensor& rows) const {
    if (rows.size(1) != block_ * blocks_) {
      throw Error(GM_ERROR_USER,
                  "spans of " + std::to_string(rows.size(1)) + " tokens came when " +
                      std::to_string(blocks_) + " blocks of " + std::to_string(block_) + " are " +
                      std::to_string(block_ * blocks_),
                  "blocks");
    }
    std::vector<std::int64_t> shape = rows.sizes().vec();
    shape[0] *= blocks_;
    shape[1] = block_;
    return rows.reshape(shape);
  }

  std::int64_t block_;
  std::int64_t blocks_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Blocks>("hierarchy/blocks")
                    .operation("split", &Blocks::split)
                    .operation("split_states", &Blocks::split_states)
                    .operation("join", &Blocks::join)
                    .operation("place", &Blocks::place));
