// The verb `compress`: the compressor that a run trained, its best checkpoint, texts, and a store that grows
// by what they have more than it. How gists are kept is a component's business.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include <gistmill/files/transfer.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/files/file_failure.hpp"
#include "host/identity/file_identity.hpp"
#include "host/identity/instance_identity.hpp"
#include "host/instance/array_call.hpp"
#include "host/instance/begin_tokens.hpp"
#include "host/instance/offered.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/machine/machine.hpp"
#include "host/recipe/overrides.hpp"
#include "host/run/checkpoint.hpp"
#include "host/run/gist_filler.hpp"
#include "host/run/locked_request.hpp"
#include "host/run/run.hpp"
#include "host/run/run_context.hpp"
#include "host/run/run_folder.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// The trained compressor of a run, ready to use.
struct TrainedCompressor {
  std::unique_ptr<Session> session;
  std::unique_ptr<GistPass> pass;
  fs::path checkpoint;
};

// The parameters of what the compressor reads, where an earlier part of the run trained them.
void load_earlier(const RunContext& context, std::size_t index, TensorInstance& reader) {
  for (std::size_t i = index; i-- > 0;) {
    const Part& part = context.parts[i];
    if (part.plan.trained.empty()) continue;
    const std::vector<std::size_t>& train = part.plan.pipeline(part.plan.trained)->train;
    const bool trains = std::ranges::any_of(
        train, [&](std::size_t instance) { return part.plan.instances[instance].name == reader.name(); });
    if (!trains) continue;
    load_parameters(CheckpointFolder(context.folder, part.name).last(), reader.name(), reader);
    return;
  }
}

TrainedCompressor compressor_of(RunContext& context) {
  for (std::size_t i = context.parts.size(); i-- > 0;) {  // the last stage has what training led to
    const Part& part = context.parts[i];
    TrainedCompressor found;
    found.session = std::make_unique<Session>(part.recipe, part.plan, context.registry, context.events,
                                              SessionUse::describe,
                                              [](const Plan&, const std::string&) { return fs::path(); });
    found.pass = GistPass::find(*found.session);
    if (found.pass == nullptr) continue;
    found.checkpoint = CheckpointFolder(context.folder, part.name).best_or_latest();
    load_parameters(found.checkpoint, found.pass->compressor().name(), found.pass->compressor());
    const std::vector<TensorInstance*> trained = found.session->trained();
    for (TensorInstance* reader : found.pass->readers()) {
      if (std::ranges::count(trained, reader) > 0) {
        load_parameters(found.checkpoint, reader->name(), *reader);
      } else {
        load_earlier(context, i, *reader);
      }
    }
    return found;
  }
  throw Failure(
      ExitCode::recipe,
      fmt::format("{} trained no compressor: no component that it trains has an operation 'compress'",
                  context.request.recipe.string()));
}

// What of an instance decides its results for good. Another build of the program is no other compressor, and
// neither is one whose components have learned an option that the run's recipe does not name.
nlohmann::json lasting_identity(const TensorInstance& instance) {
  nlohmann::json identity = identity_of(instance);
  identity.erase("build");
  identity.erase("plugin");
  for (const PlannedOption& option : instance.planned().options) {
    if (!option.origin.known()) identity["options"].erase(option.key);
  }
  return identity;
}

std::string model_text(const GistPass& pass, const std::vector<TensorInstance*>& trained) {
  std::string text;
  for (TensorInstance* reader : pass.readers()) {
    if (!text.empty()) text += " and ";
    text += file_identity(*reader);
    if (std::ranges::count(trained, reader) > 0) text += " trained to " + parameter_digest({reader});
  }
  return text.empty() ? "none" : text;
}

std::string compressor_text(const GistPass& pass) {
  nlohmann::json identity = {{"compressor", lasting_identity(pass.compressor())},
                             {"parameters", parameter_digest({&pass.compressor()})},
                             {"window", pass.window()}};
  for (const TensorInstance* reader : pass.readers())
    identity["readers"].push_back(lasting_identity(*reader));
  return pass.compressor().planned().spec->name + " " + digest_of(identity);
}

std::string position_text(const GistPass& pass) {
  const PlannedOption* option = pass.compressor().planned().option("position");
  const auto* rule = option == nullptr ? nullptr : std::get_if<std::string>(&option->value);
  return rule == nullptr ? "as the compressor says" : *rule;
}

// The tokenizer that made the text that the run trained on.
class RunTokenizer {
 public:
  RunTokenizer(const Plan& plan, Registry& registry) {
    const auto encodes = [](const PlannedInstance& planned) {
      return planned.spec->operation("encode") != nullptr;
    };
    const auto found = std::ranges::find_if(plan.instances, encodes);
    if (found == plan.instances.end())
      throw Failure(ExitCode::recipe, "the run's recipe has no component that encodes text");
    instance_ =
        std::make_unique<Instance>(*found, registry.load(found->spec->name, plugin_host()), plugin_host());
    instance_->start({}, 0);
    begin_ = begin_tokens_of(*instance_);
  }
  std::vector<std::int32_t> tokens(const std::string& text) const {
    return as_document(
        begin_, tokens_of(call_operation(*instance_, "encode", {{"text", bytes_array(text)}}).at("tokens")));
  }
  std::string identity() const { return file_identity(*instance_); }

 private:
  std::unique_ptr<Instance> instance_;
  std::vector<std::int32_t> begin_;
};

nlohmann::json settings_of(const RunContext& context, TrainedCompressor& trained,
                           const RunTokenizer& tokenizer, const StopSignal& stop) {
  GistPass& pass = *trained.pass;
  const at::Tensor block = at::zeros({pass.block()}, at::kInt);
  const at::Tensor gist = pass.run(block, at::zeros({1}, at::kInt), stop.cancel_flag()).gist;
  return {
      {"block", static_cast<std::uint64_t>(pass.block())},
      {"gists", static_cast<std::uint64_t>(gist.size(1))},
      {"width", static_cast<std::uint64_t>(gist.size(2))},
      {"model", model_text(pass, trained.session->trained())},
      {"tokenizer", tokenizer.identity()},
      {"compressor", compressor_text(pass)},
      {"position", position_text(pass)},
      {"origin", {{"run", context.folder.string()}, {"checkpoint", trained.checkpoint.filename().string()}}},
      {"refresh", context.request.refresh}};
}

std::string text_at(const fs::path& path) {
  try {
    return files::read_all(path);
  } catch (const files::FileError& error) {
    throw failure_of(error, ExitCode::recipe);
  }
}

class Documents {
 public:
  Documents(GistFiller& filler, const fs::path& store) : filler_(filler), store_(store) {}

  void add(const std::string& name, const std::vector<std::int32_t>& tokens) {
    const GistFiller::Filled filled = filler_.fill(name, tokens);
    list_.push_back({{"document", name}, {"tokens", filled.tokens}, {"new_blocks", filled.blocks}});
    text_ += fmt::format("{}  {} tokens, {} new blocks\n", name, filled.tokens, filled.blocks);
  }
  RunOutcome outcome() const {
    const std::uint64_t bytes = fs::file_size(store_);
    const double rate = filler_.seconds() > 0 ? static_cast<double>(filler_.tokens()) / filler_.seconds() : 0;
    RunOutcome outcome;
    outcome.text = text_ + fmt::format("{}  {} bytes; {} tokens compressed, {:.0f} tokens/s\n",
                                       store_.string(), bytes, filler_.tokens(), rate);
    outcome.json = nlohmann::json({{"store", store_.string()},
                                   {"bytes", bytes},
                                   {"documents", list_},
                                   {"compressed_tokens", filler_.tokens()},
                                   {"tokens_per_second", rate}})
                       .dump(2) +
                   "\n";
    return outcome;
  }

 private:
  GistFiller& filler_;
  fs::path store_;
  nlohmann::json list_ = nlohmann::json::array();
  std::string text_;
};

void refresh_all(const Instance& store, std::int32_t count, Documents& documents) {
  for (std::int32_t number = 0; number < count; ++number) {
    const Arrays held =
        call_operation(store, "document", {{"number", Tensor::of<std::int32_t>({number}, {})}});
    documents.add(text_of(held.at("name")), tokens_of(held.at("tokens")));
  }
}

}  // namespace

RunOutcome compress_run(const RunRequest& request) {
  const RunRequest locked = locked_request(request, "compress");
  RunContext context(locked);
  set_up_machine(context.recipe.run.threads);
  TrainedCompressor trained = compressor_of(context);
  const RunTokenizer tokenizer(trained.session->plan(), context.registry);
  const std::unique_ptr<Instance> store =
      start_offering({"open", "document", "extend", "append", "commit", "close"},
                     parse_overrides(request.store_overrides), context.registry);
  const StopSignal stop;
  const nlohmann::json settings = settings_of(context, trained, tokenizer, stop);
  const Arrays opened = call_operation(
      *store, "open",
      {{"path", bytes_array(request.target.string())}, {"settings", bytes_array(settings.dump())}});
  GistFiller filler(*store, *trained.pass, stop, request.talk);
  Documents documents(filler, request.target);
  if (request.refresh) refresh_all(*store, *opened.at("documents").data<std::int32_t>(), documents);
  for (const fs::path& path : request.texts) {
    documents.add(path.string(), tokenizer.tokens(text_at(path)));
  }
  call_operation(*store, "close", {});
  return documents.outcome();
}

}  // namespace gistmill
