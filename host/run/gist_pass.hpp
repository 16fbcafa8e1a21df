// The part of a training pipeline that leads to its compressor, run on text of the caller's: from the
// source's `tokens` and `spans` to what the compressor gives. For programs that use what a run trained.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/run/pipeline_part.hpp"

namespace gistmill {

class GistPass {
 public:
  // The compressor is the trained instance with the operation `compress` that reads text; nothing where the
  // session trains none. The session is of SessionUse::describe and outlives this; the instances that are
  // needed and not started are started. Throws Failure where what leads to the compressor reads something
  // else of the source than tokens and spans.
  static std::unique_ptr<GistPass> find(const Session& session, Registry& registry);

  // The same of a session that trains what predicts the cost of a gist, the operation `predict` of the
  // contract confidence: the pass goes on to it. The compressor is what makes the gist that it reads, trained
  // or not.
  static std::unique_ptr<GistPass> find_with_confidence(const Session& session, Registry& registry);

  TensorInstance& compressor() const { return *compressor_; }
  TensorInstance* confidence() const { return confidence_; }  // null without
  // The other instances that the pass calls, in the order of the plan.
  std::vector<TensorInstance*> readers() const;

  std::int64_t block() const { return block_; }    // S, tokens of a span
  std::int64_t window() const { return window_; }  // tokens of a pass: as many as in training

  struct Gists {
    at::Tensor gist;     // f32[K, G, D]
    at::Tensor offsets;  // i32[K, G]
    at::Tensor cost{};   // f32[K], predicted, in nats; undefined without confidence()
  };
  // tokens: i32[T], T <= window(); spans: i32[K], their begins. Throws Failure.
  Gists run(const at::Tensor& tokens, const at::Tensor& spans, const volatile std::int32_t* cancel);

 private:
  GistPass(const Session& session, Registry& registry, std::size_t call, std::optional<std::size_t> predict);
  void read_sizes();
  void give_source();

  PlannedPipeline pipeline_;  // calls that do not lead to the compressor are skipped
  std::size_t call_ = 0;      // the compressor's
  std::optional<std::size_t> predict_;
  std::size_t source_ = 0;  // the source's
  std::size_t tokens_ = 0;  // output of the source
  std::size_t spans_ = 0;
  TensorInstance* compressor_ = nullptr;
  TensorInstance* confidence_ = nullptr;
  std::optional<UsedInstances> used_;
  std::int64_t block_ = 0;
  std::int64_t window_ = 0;
  std::optional<PipelineRun> run_;
  std::vector<std::uint8_t> given_;
  std::uint64_t step_ = 0;
};

}  // namespace gistmill
