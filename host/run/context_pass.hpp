// A pipeline that leads from a source through actions on a working context to what a model reads of it, run
// on a text that the caller gives block by block. For programs that hold a conversation through what a run
// trained. Knows operations and ports, not what they do.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/chat/context_view.hpp"
#include "host/plan/parts.hpp"
#include "host/registry/registry.hpp"
#include "host/run/step/pipeline_run.hpp"
#include "host/run/step/tensor_instance.hpp"

namespace gistmill {

class ContextPass {
 public:
  // The last pipeline of the part, the one of the highest layer, with, in this order: a source `next` of a
  // component that can be given its text (operations `extend` and `end`); a call that takes `actions`; a call
  // that takes `ids`, `positions`, `gist` and `gist_places` of a component that goes on from them (operation
  // `next_tokens`). Nothing where there is none. Makes and starts the instances of these calls. part and
  // registry outlive this. Throws Failure.
  static std::unique_ptr<ContextPass> find(const Part& part, Registry& registry);

  const Part& part() const { return part_; }
  const std::string& pipeline() const { return pipeline_.name; }
  // In the order of the plan; null where the pipeline does not use one.
  std::vector<TensorInstance*> instances() const;
  TensorInstance& reader() const { return *reader_; }
  std::int64_t block() const { return block_; }  // K, tokens

  // The next block of the history, i32[K]: runs the pipeline up to the reader. Throws Failure.
  void extend(const std::vector<std::int32_t>& tokens);

  struct Next {
    std::optional<std::int32_t> token;  // nothing: the model ends its text
    std::int64_t computed = 0;          // rows that the reader did not have
  };
  // What the reader says behind the context and `rest`, tokens behind the last block. step: for the random
  // key.
  Next next(const std::vector<std::int32_t>& rest, double temperature, double top_p, std::uint64_t seed,
            std::uint64_t step, const volatile std::int32_t* cancel) const;

  // What stands in the context, and what was done at the newest blocks; without ContextView::history.
  ContextView view() const;

  // What the source tells of its blocks, by its operation `trace`; nothing where it has none.
  std::optional<std::string> trace() const;

  // All that a block changes, to come back to.
  void mark();
  void return_to_mark();

 private:
  struct Calls {
    std::size_t source, reader;
  };
  static std::optional<Calls> calls_of(const Plan& plan, const PlannedPipeline& pipeline);
  ContextPass(const Part& part, const std::string& pipeline, Calls calls, Registry& registry);
  void make_instances(const Recipe& recipe, Registry& registry);
  void note_actions();
  at::Tensor told(const char* operation_name, const char* output) const;
  std::int64_t next_position() const;
  at::Tensor result(std::size_t call, std::string_view output) const;
  // The last call before the reader with this output.
  std::optional<std::size_t> writer(std::string_view output) const;

  const Part& part_;
  Plan plan_;
  PlannedPipeline pipeline_;
  Calls calls_;
  std::vector<std::shared_ptr<TensorInstance>> instances_;
  TensorInstance* reader_ = nullptr;
  std::int64_t known_ = 0;  // positions of the reader
  std::int64_t block_ = 0;
  std::uint64_t seed_ = 0;
  mutable std::optional<PipelineRun> run_;  // has no results() of a constant
  std::vector<std::uint8_t> given_;
  std::uint64_t step_ = 0;
  std::vector<ViewAction> actions_;        // of the newest blocks
  std::map<std::int64_t, double> scores_;  // by an entry's first token, when it was last looked at

  struct Mark {
    std::vector<std::string> states;
    CallResults results;
    std::uint64_t step = 0;
    std::vector<ViewAction> actions;
    std::map<std::int64_t, double> scores;
  };
  Mark mark_;
};

}  // namespace gistmill
