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

std::optional<std::size_t> output_of(const PlannedCall& call, std::string_view name) {
  for (std::size_t i = 0; i < call.outputs.size(); ++i) {
    if (call.outputs[i].port->name == name) return i;
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<GistPass> GistPass::find(const Session& session) {
  const Plan& plan = session.plan();
  if (plan.trained.empty()) return nullptr;
  const std::vector<TensorInstance*> trained = session.trained();
  const PlannedPipeline& pipeline = *plan.pipeline(plan.trained);
  for (std::size_t i = 0; i < pipeline.calls.size(); ++i) {
    const PlannedCall& call = pipeline.calls[i];
    const TensorInstance* instance = session.find(plan.instances[call.instance].name);
    if (call.operation->name != "compress" || std::ranges::count(trained, instance) == 0) continue;
    if (!output_of(call, "gist") || !output_of(call, "offsets")) continue;
    return std::unique_ptr<GistPass>(new GistPass(session, i));
  }
  return nullptr;
}

GistPass::GistPass(const Session& session, std::size_t call)
    : pipeline_(*session.plan().pipeline(session.plan().trained)), call_(call) {
  compressor_ = session.find(session.plan().instances[pipeline_.calls[call].instance].name);
  keep_what_leads_to(call);
  give_source();
  read_sizes();
  start_all(session);
  run_.emplace(pipeline_, session.instances());
}

void GistPass::keep_what_leads_to(std::size_t call) {
  std::vector<std::uint8_t> leads(pipeline_.calls.size(), 0);
  leads[call] = 1;
  for (std::size_t i = call + 1; i-- > 0;) {
    if (leads[i] == 0) continue;
    for (const PlannedInput& input : pipeline_.calls[i].inputs)
      if (input.source) leads[input.source->call] = 1;
  }
  for (std::size_t i = 0; i < leads.size(); ++i) {
    if (leads[i] == 0) pipeline_.calls[i].kind = CallClass::skipped;
  }
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
  const std::map<std::string, std::int64_t> known = pipeline_.known_symbols();
  const auto size_of = [&](const PlannedOutput& output) -> std::int64_t {
    if (output.type.shape.empty()) return -1;
    const auto found = known.find(output.type.shape[0].symbol);
    return found == known.end() ? -1 : found->second;
  };
  const std::int64_t window = size_of(pipeline_.calls[source_].outputs[tokens_]);
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

void GistPass::start_all(const Session& session) {
  std::vector<std::uint8_t> used(session.plan().instances.size(), 0);
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    if (pipeline_.calls[i].kind != CallClass::skipped && i != source_) used[pipeline_.calls[i].instance] = 1;
  }
  const std::vector<TensorInstance*> instances = session.instances();
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] == 0) continue;
    const PlannedInstance& planned = session.plan().instances[i];
    if (instances[i] == nullptr) {
      throw Failure(ExitCode::recipe,
                    fmt::format("{} cannot compress other text: it reads what {} gives, which is "
                                "made for training alone",
                                compressor_->name(), planned.name));
    }
    if (!instances[i]->started())
      instances[i]->start_on(at::kCPU, planned.symbols,
                             static_cast<std::uint64_t>(session.recipe().run.seed));
    if (instances[i] != compressor_) readers_.push_back(instances[i]);
  }
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
  const PlannedCall& call = pipeline_.calls[call_];
  return {run_->results()[call_][*output_of(call, "gist")].tensor().to(at::kFloat),
          run_->results()[call_][*output_of(call, "offsets")].tensor()};
}

}  // namespace gistmill
