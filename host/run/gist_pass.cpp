#include "host/run/gist_pass.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

constexpr std::int64_t kUsualWindow = 1024;  // where the source says nothing

// Whether a compressor stands within the training of a level above (group_pass.hpp): it reads gists, or the
// blocks of longer spans.
bool is_of_groups(const PlannedPipeline& pipeline, const PlannedCall& call) {
  return std::ranges::any_of(call.inputs, [&](const PlannedInput& input) {
    if (!input.source) return false;
    const std::string& from = pipeline.calls[input.source->call].operation->name;
    return from == "join" || from == "split" || from == "split_states";
  });
}

bool makes_gists(const PlannedPipeline& pipeline, const PlannedCall& call) {
  return call.operation->name == "compress" && output_of(call, "gist") && output_of(call, "offsets") &&
         !is_of_groups(pipeline, call);
}

// The numbers of the calls of this operation, of what the session trains, in its training pipeline.
std::vector<std::size_t> trained_calls(const Session& session, std::string_view operation) {
  std::vector<std::size_t> numbers;
  const Plan& plan = session.plan();
  if (plan.trained.empty()) return numbers;
  const std::vector<TensorInstance*> trained = session.trained();
  const std::vector<PlannedCall>& calls = plan.pipeline(plan.trained)->calls;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const TensorInstance* instance = session.find(plan.instances[calls[i].instance].name);
    if (calls[i].operation->name == operation && std::ranges::count(trained, instance) > 0)
      numbers.push_back(i);
  }
  return numbers;
}

}  // namespace

std::unique_ptr<GistPass> GistPass::find(const Session& session, Registry& registry) {
  for (const std::size_t number : trained_calls(session, "compress")) {
    const PlannedPipeline& pipeline = *session.plan().pipeline(session.plan().trained);
    if (makes_gists(pipeline, pipeline.calls[number]))
      return std::unique_ptr<GistPass>(new GistPass(session, registry, number, std::nullopt));
  }
  return nullptr;
}

std::unique_ptr<GistPass> GistPass::find_with_confidence(const Session& session, Registry& registry) {
  for (const std::size_t number : trained_calls(session, "predict")) {
    const PlannedPipeline& pipeline = *session.plan().pipeline(session.plan().trained);
    const PlannedCall& call = pipeline.calls[number];
    const auto reads_gist = std::ranges::find_if(call.inputs, [&](const PlannedInput& input) {
      return input.source && makes_gists(pipeline, pipeline.calls[input.source->call]);
    });
    if (reads_gist != call.inputs.end() && output_of(call, "predicted"))
      return std::unique_ptr<GistPass>(new GistPass(session, registry, reads_gist->source->call, number));
  }
  return nullptr;
}

GistPass::GistPass(const Session& session, Registry& registry, std::size_t call,
                   std::optional<std::size_t> predict)
    : pipeline_(*session.plan().pipeline(session.plan().trained)), call_(call), predict_(predict) {
  const auto instance_of = [&](std::size_t number) {
    return session.find(session.plan().instances[pipeline_.calls[number].instance].name);
  };
  compressor_ = instance_of(call_);
  if (predict_) confidence_ = instance_of(*predict_);
  keep_what_leads_to(pipeline_, predict_.value_or(call_), std::nullopt);
  give_source();
  read_sizes();
  used_.emplace(session, registry, pipeline_, source_);
  run_.emplace(pipeline_, used_->all());
}

// The source does not run: what it would give is given.
void GistPass::give_source() {
  given_.assign(pipeline_.calls.size(), 0);
  std::optional<std::size_t> source;
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    const PlannedCall& call = pipeline_.calls[i];
    if (call.kind == CallClass::skipped || !call.inputs.empty()) continue;
    const auto tokens = output_of(call, "tokens");
    const auto spans = output_of(call, "spans");
    if (!tokens || !spans) continue;
    source = i;
    tokens_ = *tokens;
    spans_ = *spans;
  }
  const auto refuse = [&](const std::string& what) {
    throw Failure(ExitCode::recipe,
                  fmt::format("{} cannot compress other text: {}", compressor_->name(), what),
                  {"its pipeline must lead from a source's tokens and spans to the compressor"});
  };
  if (!source) refuse(fmt::format("no source of pipeline '{}' gives tokens and spans", pipeline_.name));
  source_ = *source;
  given_[source_] = 1;
  for (const PlannedCall& call : pipeline_.calls) {
    if (call.kind == CallClass::skipped) continue;
    for (const PlannedInput& input : call.inputs) {
      if (!input.source || input.source->call != source_) continue;
      if (input.source->output != tokens_ && input.source->output != spans_)
        refuse(fmt::format("{} reads '{}' of the source", call.name, input.slot));
    }
  }
}

// The sizes of training's text are not those of this one: a size that the source alone declares is free.
void GistPass::read_sizes() {
  const std::int64_t window = size_of(pipeline_, pipeline_.calls[source_].outputs[tokens_], 0);
  window_ = window > 0 ? window : kUsualWindow;
  const PlannedSymbol* block = pipeline_.symbol("S");
  if (block == nullptr || !block->value) {
    throw Failure(
        ExitCode::recipe,
        fmt::format("{} cannot compress other text: nothing says how long a span is", compressor_->name()),
        {"the symbol S of the pipeline is the tokens of a span"});
  }
  block_ = *block->value;
  window_ = std::max(window_ / block_, std::int64_t{2}) * block_;
  const std::size_t source = pipeline_.calls[source_].instance;
  for (PlannedSymbol& symbol : pipeline_.symbols) {
    const bool of_source = std::ranges::any_of(symbol.declared, [&](const SymbolDeclaration& declaration) {
      return declaration.instance == source;
    });
    if (of_source && &symbol != block) symbol.value.reset();
  }
}

std::vector<TensorInstance*> GistPass::readers() const {
  std::vector<TensorInstance*> others = used_->without(*compressor_);
  std::erase(others, confidence_);
  return others;
}

GistPass::Gists GistPass::run(const at::Tensor& tokens, const at::Tensor& spans,
                              const volatile std::int32_t* cancel) {
  const at::NoGradGuard no_grad;
  std::vector<SlotValue>& source = run_->results()[source_];
  source.assign(pipeline_.calls[source_].outputs.size(), SlotValue());
  source[tokens_] = SlotValue(tokens);
  source[spans_] = SlotValue(spans);
  StepContext context;
  context.step = ++step_;
  context.cancel = cancel;
  if (!run_->forward(context, given_))
    throw Failure(ExitCode::failed, fmt::format("{} has no more data", pipeline_.name));
  const auto result = [&](std::size_t call, const char* name) {
    return run_->results()[call][*output_of(pipeline_.calls[call], name)].tensor();
  };
  Gists gists{result(call_, "gist").to(at::kFloat), result(call_, "offsets")};
  if (predict_) gists.cost = result(*predict_, "predicted").to(at::kFloat);
  return gists;
}

}  // namespace gistmill
