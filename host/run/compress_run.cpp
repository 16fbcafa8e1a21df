// The verb `compress`: the compressor that a run trained, texts, and a store that grows by what they have
// more than it. How gists are kept is a component's business.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include <gistmill/files/transfer.hpp>

#include "host/diagnostic/failure.hpp"
#include "host/files/file_failure.hpp"
#include "host/identity/file_identity.hpp"
#include "host/instance/array_call.hpp"
#include "host/instance/offered.hpp"
#include "host/instance/plugin_host.hpp"
#include "host/machine/machine.hpp"
#include "host/recipe/overrides.hpp"
#include "host/run/gist_filler.hpp"
#include "host/run/kept_words.hpp"
#include "host/run/locked_request.hpp"
#include "host/run/run.hpp"
#include "host/run/run_context.hpp"
#include "host/run/run_tokenizer.hpp"
#include "host/run/trained_compressor.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

nlohmann::json settings_of(const RunContext& context, TrainedCompressor& trained,
                           const RunTokenizer& tokenizer, const std::string& keep, const StopSignal& stop) {
  GistPass& pass = *trained.pass;
  const at::Tensor block = at::zeros({pass.block()}, at::kInt);
  const at::Tensor gist = pass.run(block, at::zeros({1}, at::kInt), stop.cancel_flag()).gist;
  nlohmann::json settings = {
      {"block", static_cast<std::uint64_t>(pass.block())},
      {"gists", static_cast<std::uint64_t>(gist.size(1))},
      {"width", static_cast<std::uint64_t>(gist.size(2))},
      {"model", trained.model()},
      {"tokenizer", tokenizer.identity()},
      {"compressor", trained.compressor()},
      {"position", trained.position()},
      {"origin", {{"run", context.folder.string()}, {"checkpoint", trained.checkpoint.filename().string()}}},
      {"refresh", context.request.refresh}};
  if (trained.group != nullptr) settings["level2"] = trained.level2();
  if (!keep.empty()) settings["keep"] = keep;
  if (const std::optional<double>& above = context.request.keep_above)  // + 0: -0 is 0
    settings["keep_blocks"] = fmt::format("above {} nats by {}", *above + 0.0, trained.confidence());
  return settings;
}

std::string text_at(const fs::path& path) {
  try {
    return files::read_all(path);
  } catch (const files::FileError& error) {
    throw failure_of(error, ExitCode::recipe);
  }
}

// A text that is not there is said before a model is loaded, and before a store is made.
void expect_readable(const fs::path& path) {
  if (fs::is_directory(path) || ::access(path.c_str(), R_OK) != 0) text_at(path);
}

class Documents {
 public:
  // kept: which tokens stay beside the gists; null: none.
  Documents(GistFiller& filler, const KeptWords* kept, const fs::path& store)
      : filler_(filler), kept_(kept), store_(store) {}

  void add(const std::string& name, const std::vector<std::int32_t>& tokens) {
    const std::vector<std::uint8_t> kept = kept_ == nullptr ? std::vector<std::uint8_t>() : kept_->of(tokens);
    const GistFiller::Filled filled = filler_.fill(name, tokens, kept);
    list_.push_back({{"document", name},
                     {"tokens", filled.tokens},
                     {"new_blocks", filled.blocks},
                     {"kept_blocks", filled.kept.value_or(0)},
                     {"new_groups", filled.groups}});
    text_ += fmt::format("{}  {} tokens, {} new blocks{}{}\n", name, filled.tokens, filled.blocks,
                         filled.kept ? fmt::format(", of which {} stay as tokens", *filled.kept) : "",
                         filled.groups == 0 ? "" : fmt::format(", {} new groups of blocks", filled.groups));
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
  const KeptWords* kept_;
  fs::path store_;
  nlohmann::json list_ = nlohmann::json::array();
  std::string text_;
};

std::vector<std::string> store_operations(const TrainedCompressor& trained) {
  std::vector<std::string> operations = {"open", "document", "extend", "append", "commit", "close"};
  if (trained.group != nullptr) operations.insert(operations.end(), {"group", "append_group"});
  return operations;
}

void expect_whole_blocks(const Instance& store) {
  if (store.planned().spec->operation("append")->input("whole") != nullptr) return;
  throw Failure(
      ExitCode::recipe,
      fmt::format("{} ({}) cannot keep blocks as tokens: its operation 'append' has no input 'whole'",
                  store.name(), store.planned().spec->name),
      {"leave --keep-above out"});
}

void refresh_all(const Instance& store, std::int32_t count, Documents& documents) {
  for (std::int32_t number = 0; number < count; ++number) {
    const Arrays held =
        call_operation(store, "document", {{"number", Tensor::of<std::int32_t>({number}, {})}});
    documents.add(text_of(held.at("name")), tokens_of(held.at("tokens")));
  }
}

}  // namespace

RunOutcome compress_run(const RunRequest& request) {
  const text::ExactKinds kinds = request.keep.empty() ? text::ExactKinds() : exact_kinds(request.keep);
  for (const fs::path& path : request.texts) expect_readable(path);
  const RunRequest locked = locked_request(request, "compress");
  RunContext context(locked);
  set_up_machine(context.recipe.run.threads);
  TrainedCompressor trained = trained_compressor(context, request.keep_above.has_value());
  const RunTokenizer tokenizer(trained.session->plan(), context.registry);
  const std::unique_ptr<Instance> store =
      start_offering(store_operations(trained), parse_overrides(request.store_overrides), context.registry);
  if (request.keep_above) expect_whole_blocks(*store);
  std::optional<KeptWords> kept;
  if (!request.keep.empty()) kept.emplace(tokenizer.instance(), kinds);
  const StopSignal stop;
  const nlohmann::json settings = settings_of(context, trained, tokenizer, to_text(kinds), stop);
  const Arrays opened = call_operation(
      *store, "open",
      {{"path", bytes_array(request.target.string())}, {"settings", bytes_array(settings.dump())}});
  GistFiller filler(*store, *trained.pass, trained.group.get(), request.keep_above, stop, request.talk);
  Documents documents(filler, kept ? &*kept : nullptr, request.target);
  if (request.refresh) refresh_all(*store, *opened.at("documents").data<std::int32_t>(), documents);
  for (const fs::path& path : request.texts) {
    documents.add(path.string(), tokenizer.document(text_at(path)));
  }
  call_operation(*store, "close", {});
  return documents.outcome();
}

}  // namespace gistmill
