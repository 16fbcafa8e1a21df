// The part of a training pipeline that makes the gist of a group of blocks of their gists: from what a
// compressor gave of the blocks to the place of theirs. Level 2 beside gist_pass.hpp's level 1; the contract
// hierarchy says what leads from one to the other.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/run/gist_pass.hpp"
#include "host/run/pipeline_part.hpp"

namespace gistmill {

class GroupPass {
 public:
  // The compressor is the trained instance with an operation `compress` that reads what a `join` gives;
  // nothing where the session trains none. Otherwise as GistPass::find.
  static std::unique_ptr<GroupPass> find(const Session& session, Registry& registry);

  TensorInstance& compressor() const { return *compressor_; }
  std::vector<TensorInstance*> readers() const { return used_->without(*compressor_); }

  std::int64_t block() const { return block_; }    // tokens of a block
  std::int64_t blocks() const { return blocks_; }  // of a group

  // gist: f32[blocks(), 1, D], offsets: i32[blocks(), 1], each in its block -> of the group: f32[1, G, D],
  // i32[1, G] in tokens. Throws Failure.
  GistPass::Gists run(const at::Tensor& gist, const at::Tensor& offsets, const volatile std::int32_t* cancel);

 private:
  struct Calls {
    std::size_t given = 0;  // compress of level 1
    std::size_t join = 0;
    std::size_t compress = 0;
    std::size_t place = 0;
  };
  static std::optional<Calls> calls_of(const Session& session);
  GroupPass(const Session& session, Registry& registry, const Calls& calls);
  void read_sizes();

  PlannedPipeline pipeline_;
  Calls calls_;
  TensorInstance* compressor_ = nullptr;
  std::int64_t block_ = 0;
  std::int64_t blocks_ = 0;
  std::optional<UsedInstances> used_;
  std::optional<PipelineRun> run_;
  std::uint64_t step_ = 0;
};

}  // namespace gistmill
