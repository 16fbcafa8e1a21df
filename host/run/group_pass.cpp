#include "host/run/group_pass.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

// The call that gives what `call` reads, where its operation has this name.
std::optional<std::size_t> read_from(const PlannedPipeline& pipeline, const PlannedCall& call,
                                     std::string_view operation) {
  for (const PlannedInput& input : call.inputs) {
    if (input.source && pipeline.calls[input.source->call].operation->name == operation)
      return input.source->call;
  }
  return std::nullopt;
}

}  // namespace

std::optional<GroupPass::Calls> GroupPass::calls_of(const Session& session) {
  const Plan& plan = session.plan();
  if (plan.trained.empty()) return std::nullopt;
  const PlannedPipeline& pipeline = *plan.pipeline(plan.trained);
  const std::vector<TensorInstance*> trained = session.trained();
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    const PlannedCall& call = pipeline.calls[i];
    const std::string& name = plan.instances[call.instance].name;
    if (call.operation->name != "compress" || std::ranges::count(trained, session.find(name)) == 0) continue;
    const std::optional<std::size_t> join = read_from(pipeline, call, "join");
    if (!join) continue;
    const std::optional<std::size_t> given = read_from(pipeline, pipeline.calls[*join], "compress");
    const auto places = [&](const PlannedCall& other) {
      return other.operation->name == "place" && read_from(pipeline, other, "compress") == i;
    };
    const auto place = std::ranges::find_if(pipeline.calls, places);
    if (!given || place == pipeline.calls.end() || place->outputs.empty() || !output_of(call, "gist")) {
      throw Failure(ExitCode::recipe, fmt::format("{} cannot compress gists of other text", name),
                    {"its pipeline must lead from a compressor of blocks by join to it, and by place from "
                     "its offsets to the text"});
    }
    return Calls{*given, *join, i, static_cast<std::size_t>(place - pipeline.calls.begin())};
  }
  return std::nullopt;
}

std::unique_ptr<GroupPass> GroupPass::find(const Session& session, Registry& registry) {
  const std::optional<Calls> calls = calls_of(session);
  if (!calls) return nullptr;
  return std::unique_ptr<GroupPass>(new GroupPass(session, registry, *calls));
}

GroupPass::GroupPass(const Session& session, Registry& registry, const Calls& calls)
    : pipeline_(*session.plan().pipeline(session.plan().trained)), calls_(calls) {
  compressor_ = session.find(session.plan().instances[pipeline_.calls[calls_.compress].instance].name);
  read_sizes();
  keep_what_leads_to(pipeline_, calls_.place, calls_.given);
  free_other_sizes(pipeline_, used_by(pipeline_, session.plan().instances.size(), calls_.given));
  used_.emplace(session, registry, pipeline_, calls_.given);
  run_.emplace(pipeline_, used_->all());
}

void GroupPass::read_sizes() {
  const PlannedCall& join = pipeline_.calls[calls_.join];
  if (const auto gists = output_of(join, "gists")) blocks_ = size_of(pipeline_, join.outputs[*gists], 1);
  for (const PlannedCall& call : pipeline_.calls) {
    if (call.instance != join.instance || call.operation->name != "split") continue;
    if (const auto split = output_of(call, "block_embeddings"))
      block_ = size_of(pipeline_, call.outputs[*split], 1);
  }
  if (blocks_ > 0 && block_ > 0) return;
  throw Failure(
      ExitCode::recipe,
      fmt::format("{} cannot compress gists of other text: nothing says how long a block is, or how "
                  "many are a group",
                  compressor_->name()));
}

GistPass::Gists GroupPass::run(const at::Tensor& gist, const at::Tensor& offsets,
                               const volatile std::int32_t* cancel) {
  const at::NoGradGuard no_grad;
  const PlannedCall& given = pipeline_.calls[calls_.given];
  std::vector<SlotValue>& results = run_->results()[calls_.given];
  results.assign(given.outputs.size(), SlotValue());
  results[*output_of(given, "gist")] = SlotValue(gist);
  results[*output_of(given, "offsets")] = SlotValue(offsets);
  std::vector<std::uint8_t> known(pipeline_.calls.size(), 0);
  known[calls_.given] = 1;
  StepContext context;
  context.step = ++step_;
  context.cancel = cancel;
  if (!run_->forward(context, known))
    throw Failure(ExitCode::failed, fmt::format("{} has no more data", pipeline_.name));
  const std::size_t out = *output_of(pipeline_.calls[calls_.compress], "gist");
  return {run_->results()[calls_.compress][out].tensor().to(at::kFloat),
          run_->results()[calls_.place][0].tensor()};
}

}  // namespace gistmill
