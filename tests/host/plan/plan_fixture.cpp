#include "tests/host/plan/plan_fixture.hpp"

#include <unistd.h>

#include <fstream>

namespace gistmill {

const char* const kGistManifest = R"(
[plugin]
name = "gist-training"
version = "0.1.0"
license = "MIT"
tier = "c"

[components."dataset/spans"]
doc = "Documents with spans"
options.span = { type = "integer", default = 32, min = 1 }
options.horizon = { type = "integer", default = 64, min = 1, max = 4096, unit = "tokens", doc = "targets after each span" }
options.spans = { type = "integer", default = 16, min = 1 }
options.length = { type = "integer", default = 1024, min = 1 }
symbols.T = { option = "length" }
symbols.K = { option = "spans" }
symbols.S = { option = "span", scope = "pipeline" }
symbols.H = { option = "horizon" }
[components."dataset/spans".operations.next]
effect = "stateful"
outputs.tokens = { type = "i32[T]" }
outputs.spans = { type = "i32[K]" }
outputs.targets = { type = "i32[K, H]" }
outputs.mask = { type = "f32[K, H]" }
outputs.document = { type = "i32[]" }

[components."teacher/llama"]
doc = "A frozen model"
parameters = true
options.model = { type = "path", doc = "GGUF file" }
options.layers = { type = "integers", default = [8, 16, 24, 30], min = 0 }
options.span = { type = "integer", default = 32, min = 1 }
symbols.S = { option = "span", scope = "pipeline" }
symbols.D = { doc = "hidden size" }
symbols.V = { doc = "vocabulary" }
symbols.N = { option = "layers" }
[components."teacher/llama".operations.embed]
effect = "pure"
inputs.tokens = { type = "i32[T]" }
inputs.spans = { type = "i32[K]" }
outputs.embeddings = { type = "f32[K, S, D]" }
[components."teacher/llama".operations.read]
effect = "pure"
inputs.tokens = { type = "i32[T]" }
outputs.context = { type = "object<decoder.context/1>" }
[components."teacher/llama".operations.states]
effect = "pure"
inputs.context = { type = "object<decoder.context/1>" }
inputs.spans = { type = "i32[K]" }
outputs.states = { type = "f32[K, S, N, D]" }
[components."teacher/llama".operations.original]
effect = "pure"
inputs.context = { type = "object<decoder.context/1>" }
inputs.spans = { type = "i32[K]" }
inputs.targets = { type = "i32[K, H]" }
outputs.hidden_original = { type = "float[K, H, D]" }
[components."teacher/llama".operations.resume]
effect = "pure"
inputs.context = { type = "object<decoder.context/1>" }
inputs.spans = { type = "i32[K]" }
inputs.gist = { type = "f32[K, G, D]", gradient = true }
inputs.offsets = { type = "i32[K, G]" }
inputs.targets = { type = "i32[K, H]" }
outputs.hidden_replaced = { type = "float[K, H, D]", gradient = true }
[components."teacher/llama".operations.head]
effect = "pure"
outputs.head = { type = "float[V, D]" }

[components."gistnet/refine"]
doc = "The refine stack"
parameters = true
options.width = { type = "integer", default = 512, min = 2, max = 65536, doc = "width inside" }
options.heads = { type = "integer", default = 8, min = 1 }
options.dropout = { type = "float", default = 0.0, min = 0.0, max = 0.9 }
options.position = { type = "choice", choices = ["start", "center", "end"], default = "end" }
options.causal = { type = "boolean", default = false }
options.scales = { type = "floats", default = [1.0] }
symbols.S = { doc = "tokens a span" }
symbols.D = { doc = "hidden size" }
[components."gistnet/refine".operations.compress]
effect = "random"
inputs.embeddings = { type = "f32[K, S, D]", gradient = true }
inputs.states = { type = "f32[K, S, N, D]", optional = true }
outputs.gist = { type = "f32[K, 1, D]", gradient = true }
outputs.offsets = { type = "i32[K, 1]" }

[components."gistnet/last-k"]
doc = "Keeps the last tokens"
options.k = { type = "integer", default = 1, min = 0 }
symbols.G = { option = "k" }
symbols.D = { doc = "hidden size" }
[components."gistnet/last-k".operations.compress]
effect = "pure"
inputs.embeddings = { type = "f32[K, S, D]" }
outputs.gist = { type = "f32[K, G, D]", gradient = true }
outputs.offsets = { type = "i32[K, G]" }

[components."loss/delta-nll"]
doc = "What the replacement costs"
[components."loss/delta-nll".operations.value]
effect = "pure"
inputs.hidden_replaced = { type = "float[K, H, D]", gradient = true }
inputs.hidden_original = { type = "float[K, H, D]" }
inputs.head = { type = "float[V, D]" }
inputs.targets = { type = "i32[K, H]" }
inputs.mask = { type = "f32[K, H]" }
outputs.loss = { type = "f32[]", gradient = true }
outputs.nll_replaced = { type = "f32[K, H]" }
outputs.nll_original = { type = "f32[K, H]" }

[components."metric/delta-nll"]
doc = "Delta-NLL at several horizons"
options.horizons = { type = "integers", default = [32, 64] }
symbols.M = { option = "horizons" }
[components."metric/delta-nll".operations.measure]
effect = "pure"
inputs.nll_replaced = { type = "f32[K, H]" }
inputs.nll_original = { type = "f32[K, H]" }
inputs.mask = { type = "f32[K, H]" }
outputs.delta_nll = { type = "f32[K, M]", figure = "mean", labels = "horizons" }

[components."metric/trade-off"]
doc = "What is lost over what is kept"
options.thresholds = { type = "strings", default = ["0.1", "0.3"] }
symbols.M = { option = "thresholds" }
[components."metric/trade-off".operations.measure]
effect = "pure"
inputs.nll_replaced = { type = "f32[K, H]" }
outputs.kept = { type = "f32[K, M]", figure = "mean", labels = "thresholds" }
outputs.cost = { type = "f32[K, M]", figure = { over = "kept" }, labels = "thresholds" }

[components."optimizer/adamw"]
doc = "AdamW"

[components."logger/progress"]
doc = "A bar"
)";

const char* const kComponents = R"([components]
corpus = { use = "dataset/spans", horizon = 8, spans = 28 }
teacher = { use = "teacher/llama", model = "model.gguf" }
gist = { use = "gistnet/refine" }
loss = { use = "loss/delta-nll" }
measure = { use = "metric/delta-nll" }
optimizer = { use = "optimizer/adamw" }
)";

const char* const kTrainPipeline = R"([pipelines.train]
steps = [
  "corpus.next",
  "teacher.embed",
  "teacher.read",
  "teacher.states",
  "teacher.original",
  "teacher.head",
  "gist.compress",
  "teacher.resume",
  "loss.value",
]
minimize = "loss"
train = ["gist"]
)";

std::string train_calls() {
  const std::string text = kTrainPipeline;
  const std::size_t begin = text.find("steps = [") + std::string("steps = [").size();
  return text.substr(begin, text.find("]\n", begin) - begin);
}

PlanTest::PlanTest() {
  std::string pattern = (std::filesystem::temp_directory_path() / "gistmill-plan-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  folder = pattern;
  offer(kGistManifest);
}

PlanTest::~PlanTest() { std::filesystem::remove_all(folder); }

void PlanTest::offer(const std::string& manifest) {
  manifests_.push_back(parse_manifest(manifest, "plugin.toml", contracts));
  for (const ComponentSpec& component : manifests_.back().components)
    catalog.components.push_back(&component);
}

std::filesystem::path PlanTest::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder / name) << text;
  return folder / name;
}

Recipe PlanTest::recipe(const std::string& text) const { return load_recipe(write("recipe.toml", text), {}); }

Plan PlanTest::plan(const std::string& text) const { return make_plan(recipe(text), catalog); }

std::string PlanTest::failure_of(const std::string& text) const {
  try {
    plan(text);
  } catch (const Failure& failure) {
    return text_of(failure, folder);
  }
  return "";
}

std::string text_of(const Failure& failure, const std::filesystem::path& folder) {
  std::string text = failure.origin().text() + (failure.origin().known() ? ": " : "") + failure.message();
  for (const std::string& note : failure.notes()) text += "\n" + note;
  const std::string prefix = folder.string() + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

const PlannedCall& call_of(const PlannedPipeline& pipeline, std::string_view name) {
  for (const PlannedCall& call : pipeline.calls) {
    if (call.name == name) return call;
  }
  throw std::out_of_range(std::string(name));
}

std::vector<std::string> kinds_of(const PlannedPipeline& pipeline) {
  std::vector<std::string> kinds;
  for (const PlannedCall& call : pipeline.calls) kinds.push_back(call.name + " " + to_text(call.kind));
  return kinds;
}

}  // namespace gistmill
