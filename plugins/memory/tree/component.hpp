// memory/tree: between a session, which knows which gists a working context has, and a teacher, which needs
// their vectors. The history that is held, and what of it has no vector yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/memory/tree/vectors.hpp"

namespace gistmill::memory {

class TreeMemory {
 public:
  explicit TreeMemory(const Options&) {}

  void start(const Start& start) { width_ = start.symbol("D"); }

  // tokens i32[T], block, session i32[] -> spans i32[K]: blocks without a gist. Throws Error (user): a
  // history that is no whole blocks.
  Tensor missing(const Tensor& tokens, const Tensor& block, const Tensor& session);

  // spans i32[K] of missing(), gist f32[K, 1, D] -> level_1 f32[M, D], level_2 f32[M / K, D]. Throws Error
  // (user) where the spans are not those that are missing.
  std::tuple<Tensor, Tensor> append(const Tensor& spans, const Tensor& gist);

  // -> f32[1, G, D]. Throws Error (user) where the tree has no such gist.
  Tensor gather(const Tensor& level_1, const Tensor& level_2, const Tensor& block, const Tensor& gist_levels,
                const Tensor& gist_starts) const;

  // gist_levels, gist_starts i32[1, G] -> spans i32[K]: first tokens of the gists of level 1.
  Tensor shown(const Tensor& gist_levels, const Tensor& gist_starts) const;

  // gist f32[1, G, D], gist_levels i32[1, G], renewed f32[K, 1, D] -> f32[1, G, D], where the gists of level
  // 1 are those of `renewed`. Throws Error (user) where there are not K of them.
  Tensor renew(const Tensor& gist, const Tensor& gist_levels, const Tensor& renewed) const;
  std::vector<Tensor> renew_vjp(const Call&, const std::vector<Tensor>& inputs,
                                const std::vector<Tensor>& grad_outputs) const;

  // The tokens and the gists of level 1, which a compressor that trains would not make again.
  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  struct Held {
    std::int64_t session;
    std::vector<std::int32_t> tokens;  // [T]; may be ahead of the vectors between missing() and append()
    TreeVectors vectors;
  };

  bool continues(const Tensor& tokens, std::int64_t block, std::int64_t session) const;

  std::int64_t width_ = 0;  // D
  std::optional<Held> held_;
};

}  // namespace gistmill::memory
