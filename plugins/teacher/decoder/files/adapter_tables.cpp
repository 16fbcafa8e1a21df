#include "plugins/teacher/decoder/files/adapter_tables.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "plugins/teacher/decoder/files/hugging_face_names.hpp"
#include "plugins/teacher/decoder/files/refusal.hpp"

namespace gistmill::decoder {
namespace {

constexpr const char* kEmbedding = "token_embd.weight";
constexpr const char* kHead = "output.weight";
constexpr const char* kHeadBias = "output.bias";
// The way on where an adapter stands beside tables of another size than the model's.
constexpr const char* kSaveTables =
    "; in PEFT, save_pretrained(FOLDER, save_embedding_layers=True) saves tables that were resized along";

bool same(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || at::equal(a, b));
}

class Tables {
 public:
  Tables(AdapterReader& file, const ModelPlan& plan, const AdapterSettings& settings, AdapterFile& adapter)
      : file_(file), plan_(plan), config_(plan.config), settings_(settings), adapter_(adapter) {}

  void read() {
    if (settings_.kind == AdapterKind::kLora) {
      read_change(embedding_module(config_), kEmbedding, /*embedding=*/true);
      read_change(kHeadModule, kHead, /*embedding=*/false);
    }
    read_rows(embedding_module(config_), settings_.token_indices, adapter_.rows);
    read_rows(kHeadModule, settings_.head_token_indices, adapter_.head_rows);
    if (!plan_.layout.own_head) part_from_embedding();
  }

 private:
  // Kept as the file has it, to be written again.
  at::Tensor kept(const std::string& name, const std::vector<std::int64_t>& shape) {
    return adapter_.saved[name] = file_.take(name, shape);
  }

  // LoRA's matrices of an embedding are those of its transpose.
  void read_change(const std::string& module, const char* tensor, bool embedding) {
    const std::string name = kPeftPrefix + module;
    const std::string a = name + (embedding ? ".lora_embedding_A" : ".lora_A.weight");
    const std::string b = name + (embedding ? ".lora_embedding_B" : ".lora_B.weight");
    if (!file_.has(a) && !file_.has(b)) return;
    const std::int64_t rank = settings_.rank_of(module);
    const double alpha = settings_.alpha_of(module);
    Change change;
    if (embedding) {
      check_rows(a);
      change.up = kept(a, {rank, config_.vocabulary}).t();
      change.down = kept(b, {config_.width, rank}).t();
    } else {
      change.down = kept(a, {rank, config_.width});
      change.up = kept(b, {config_.vocabulary, rank});
    }
    change.scale = adapter_scale(alpha, rank, settings_.rank_stabilized);
    if (settings_.lora_bias && !embedding)
      adapter_.changes[kHeadBias].bias = kept(name + ".lora_B.bias", {config_.vocabulary}) * change.scale;
    if (settings_.decomposed) change.magnitude = magnitude(name, embedding);
    adapter_.changes[tensor] = change;
    adapter_.tables.push_back({module, rank, alpha});
  }

  at::Tensor magnitude(const std::string& name, bool embedding) {
    const std::string stored = name + ".lora_magnitude_vector";
    const std::int64_t size = embedding ? config_.width : config_.vocabulary;
    return kept(file_.has(stored) ? stored : stored + ".weight", {size}).unsqueeze(embedding ? 0 : 1);
  }

  void check_rows(const std::string& name) const {
    if (!file_.has(name)) return;
    const std::vector<std::int64_t> shape = file_.shape_of(name);
    if (shape.size() != 2 || shape[1] == config_.vocabulary) return;
    refuse(file_.file_name() + ": tensor " + name + " is for " + std::to_string(shape[1]) +
           " tokens when the model has " + std::to_string(config_.vocabulary) + kSaveTables);
  }

  void read_rows(const std::string& module, const std::vector<std::int64_t>& tokens, TokenRows& rows) {
    const std::string own = kPeftPrefix + module + ".trainable_tokens_delta";
    const std::string name = file_.has(own) ? own : kPeftPrefix + module + kTokenRows;
    // One list is for whatever tables have rows; a tied head need not repeat the embedding's.
    const bool optional = module == kHeadModule && settings_.head_token_indices == settings_.token_indices;
    if (tokens.empty() || (optional && !file_.has(name))) return;
    for (const std::int64_t token : tokens) {
      if (token < config_.vocabulary) continue;
      refuse(file_.file_name() + ": trains token " + std::to_string(token) + " when the model has " +
             std::to_string(config_.vocabulary) + kSaveTables);
    }
    rows.tokens = tokens;
    rows.values = file_.take(name, {static_cast<std::int64_t>(tokens.size()), config_.width});
  }

  // Whether a tied head goes another way than the embedding with this adapter.
  void part_from_embedding() {
    read_head_beside();
    const auto embedding = adapter_.changes.find(kEmbedding);
    const auto head = adapter_.changes.find(kHead);
    const bool both = embedding != adapter_.changes.end() && head != adapter_.changes.end();
    if (both && same_change(embedding->second, head->second)) {
      adapter_.changes.erase(head);  // PEFT's ensure_weight_tying, which writes it twice
      adapter_.tables.pop_back();
    } else if (head != adapter_.changes.end() ||
               (embedding != adapter_.changes.end() && !settings_.keeps_ties)) {
      adapter_.own_head = true;
    }
    if (!adapter_.head_rows.tokens.empty()) {
      if (adapter_.head_rows.tokens == adapter_.rows.tokens &&
          same(adapter_.head_rows.values, adapter_.rows.values)) {
        adapter_.head_rows = {};
      } else {
        adapter_.own_head = true;
      }
    }
    // What was saved of the embedding beside its adapter is the head as well.
    const auto table = adapter_.replaced.find(kEmbedding);
    const bool shared = table != adapter_.replaced.end() && !trained_embedding_whole();
    if (adapter_.own_head && shared) adapter_.replaced.emplace(kHead, table->second);
  }

  static bool same_change(const Change& a, const Change& b) {
    return a.scale == b.scale && !a.magnitude.defined() && !b.magnitude.defined() && same(a.up, b.up) &&
           same(a.down, b.down);
  }

  // A head of its own for a model whose head is the embedding: one that was saved, or, where PEFT trained a
  // copy of the embedding alone, the embedding as it was.
  void read_head_beside() {
    const std::string name = saved_name(file_, kHeadModule + ".weight");
    const auto embedding = adapter_.replaced.find(kEmbedding);
    if (name.empty()) {
      adapter_.own_head =
          embedding != adapter_.replaced.end() && trained_embedding_whole() && !settings_.keeps_ties;
      return;
    }
    const at::Tensor head = kept(name, {config_.vocabulary, config_.width});
    pass_over_copies(file_, kHeadModule + ".weight");
    if (embedding != adapter_.replaced.end() && at::equal(embedding->second, head)) return;
    adapter_.replaced[kHead] = head;
    adapter_.own_head = true;
  }

  // Whether PEFT trained the embedding as one of modules_to_save, which it names by the ends of their names.
  bool trained_embedding_whole() const {
    const std::string module = embedding_module(config_);
    return std::any_of(settings_.saved_modules.begin(), settings_.saved_modules.end(),
                       [&](const std::string& saved) { return module.ends_with(saved); });
  }

  AdapterReader& file_;
  const ModelPlan& plan_;
  const Config& config_;
  const AdapterSettings& settings_;
  AdapterFile& adapter_;
};

}  // namespace

std::string embedding_module(const Config& config) {
  const std::string name = hugging_face_tensor(config, kEmbedding).name;
  return name.substr(0, name.rfind('.'));
}

std::int64_t vocabulary_of(const AdapterReader& file, const ModelPlan& plan) {
  const auto rows_of = [&](const std::string& module) {
    const std::string name = saved_name(file, module + ".weight");
    const std::vector<std::int64_t> shape = name.empty() ? std::vector<std::int64_t>() : file.shape_of(name);
    return shape.size() == 2 ? shape[0] : plan.config.vocabulary;
  };
  const std::int64_t embedding = rows_of(embedding_module(plan.config));
  if (plan.layout.own_head && rows_of(kHeadModule) != embedding) {
    refuse(file.file_name() + ": brings an embedding of " + std::to_string(embedding) +
           " rows when the head has " + std::to_string(rows_of(kHeadModule)) + kSaveTables);
  }
  return embedding;
}

std::string saved_name(const AdapterReader& file, const std::string& name) {
  const std::size_t dot = name.rfind('.');
  for (const char* within : {"", ".base_layer", ".token_adapter.base_layer"}) {
    std::string full = kPeftPrefix + name.substr(0, dot) + within + name.substr(dot);
    if (file.has(full)) return full;
  }
  return "";
}

void pass_over_copies(AdapterReader& file, const std::string& name) {
  const std::size_t dot = name.rfind('.');
  for (const char* copy : {".original_module", ".modules_to_save"})
    file.pass_over(kPeftPrefix + name.substr(0, dot) + copy + name.substr(dot));
}

void read_tables(AdapterReader& file, const ModelPlan& plan, const AdapterSettings& settings,
                 AdapterFile& adapter) {
  Tables(file, plan, settings, adapter).read();
}

}  // namespace gistmill::decoder
