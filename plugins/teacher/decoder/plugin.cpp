// teacher/llama, teacher/gemma and teacher/gpt2: options, sizes and ports around the model (model.hpp).
#include <algorithm>
#include <gistmill/formats/digest.hpp>
#include <gistmill/torch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "plugins/teacher/decoder/context_codec.hpp"
#include "plugins/teacher/decoder/files/gist_cache_file.hpp"
#include "plugins/teacher/decoder/loaded_model.hpp"
#include "plugins/teacher/decoder/model.hpp"

template <>
struct gistmill::ObjectType<gistmill::decoder::Context> {
  static constexpr const char* name = "decoder.context/1";
};
template <>
struct gistmill::ObjectType<gistmill::decoder::GistCache> {
  static constexpr const char* name = "decoder.gist-cache/1";
};
template <>
struct gistmill::ObjectType<gistmill::decoder::ReadRows> {
  static constexpr const char* name = "decoder.rows/1";
};

namespace {

using gistmill::Call;
using gistmill::Error;
using gistmill::decoder::Batch;
using gistmill::decoder::Context;
using gistmill::decoder::GistCache;
using ContextPointer = std::shared_ptr<const Context>;
using GistPointer = std::shared_ptr<const GistCache>;
using ReadPointer = std::shared_ptr<const gistmill::decoder::ReadRows>;
using Optional = std::optional<at::Tensor>;

Batch batch_of(const at::Tensor& ids, const Optional& mask, const Optional& positions,
               const Optional& embeddings, const Optional& gist, const Optional& gist_places,
               GistPointer cache = {}) {
  const at::Tensor none;
  return {ids,
          mask.value_or(none),
          positions.value_or(none),
          embeddings.value_or(none),
          gist.value_or(none),
          gist_places.value_or(none),
          std::move(cache)};
}

class Decoder : public gistmill::decoder::LoadedModel {
 public:
  Decoder(const gistmill::Options& options, const std::vector<std::string>& architectures)
      : LoadedModel(options, architectures),
        future_(options.integer("future")),
        topk_(options.integer("topk")),
        topk_temperature_(options.number("topk_temperature")),
        branch_rows_(options.integer("branch_rows")),
        newest_(options.integer("newest")) {
    sampling_.max_tokens = options.integer("max_tokens");
    sampling_.temperature = options.number("temperature");
    sampling_.top_p = options.number("top_p");
    cache_file_ = options.string("gist_cache");
  }

  void start(const gistmill::Start& start) {
    LoadedModel::start(start);
    if (!cache_file_.empty()) cache_ = read_cache(cache_file_, "gist_cache");
  }

  std::string digest() const {
    if (cache_file_.empty()) return LoadedModel::digest();
    gistmill::formats::Sha256 sha;
    sha.update_field(LoadedModel::digest());
    sha.update_field(gistmill::formats::sha256_file(cache_file_));
    return sha.hex();
  }

  at::Tensor embed(const at::Tensor& tokens, const at::Tensor& spans) const {
    return model().embed(tokens, spans);
  }
  std::tuple<at::Tensor, at::Tensor> scale() const { return model().scale(); }
  ContextPointer read(const at::Tensor& tokens) const { return model().read(tokens); }
  gistmill::NamedTensors<at::Tensor> encode_object(const Context& context) const {
    return gistmill::decoder::encode(context, form());
  }
  ContextPointer decode_object(const gistmill::NamedTensors<at::Tensor>& tensors) const {
    return gistmill::decoder::decode(tensors, form());
  }
  at::Tensor states(const ContextPointer& context, const at::Tensor& spans) const {
    return model().states(*context, spans);
  }
  at::Tensor original(const ContextPointer& context, const at::Tensor& spans,
                      const at::Tensor& targets) const {
    return model().original(*context, spans, targets.size(1));
  }
  at::Tensor resume(const ContextPointer& context, const at::Tensor& spans, const at::Tensor& gist,
                    const at::Tensor& offsets, const at::Tensor& targets, const Optional& kept) const {
    return model().resume(*context, spans, gist, offsets, targets.size(1), kept.value_or(at::Tensor()));
  }
  std::tuple<at::Tensor, at::Tensor, at::Tensor> entries(const ContextPointer& context,
                                                         const at::Tensor& spans) const {
    const gistmill::decoder::Entries entries = model().entries(*context, spans);
    return {entries.keys, entries.values, entries.key_mean};
  }
  at::Tensor attention(const ContextPointer& context, const at::Tensor& spans) const {
    return model().attention(*context, spans);
  }
  at::Tensor expected_attention(const ContextPointer& context, const at::Tensor& spans) const {
    return model().expected_attention(*context, spans, future_);
  }
  at::Tensor head() const { return model().head(); }

  at::Tensor hidden(const Call& call, const at::Tensor& ids, const Optional& mask, const Optional& positions,
                    const Optional& embeddings, const Optional& gist, const Optional& gist_places,
                    const std::optional<GistPointer>& cache) const {
    return model().hidden(batch_of(ids, mask, positions, embeddings, gist, gist_places, given(cache)),
                          mode(call));
  }
  at::Tensor forward(const Call& call, const at::Tensor& ids, const Optional& mask, const Optional& positions,
                     const Optional& embeddings, const Optional& gist, const Optional& gist_places,
                     const std::optional<GistPointer>& cache) const {
    return model().forward(batch_of(ids, mask, positions, embeddings, gist, gist_places, given(cache)),
                           mode(call));
  }
  std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> topk(const at::Tensor& ids, const Optional& mask,
                                                                  const Optional& positions,
                                                                  const Optional& temperature,
                                                                  const Optional& gist,
                                                                  const Optional& gist_places) const {
    const double taken = temperature ? temperature->item<double>() : topk_temperature_;
    if (!(taken > 0 && std::isfinite(taken))) {
      throw Error(GM_ERROR_USER, "temperature is " + std::to_string(taken) + " when it should be above 0",
                  "temperature");
    }
    const auto top = model().topk(batch_of(ids, mask, positions, {}, gist, gist_places), topk_, taken);
    return {top.ids, top.log_probability, top.log_partition, at::full({}, taken, at::kFloat)};
  }
  at::Tensor score(const at::Tensor& tokens, const Optional& positions, const Optional& gist,
                   const Optional& gist_places, const std::optional<GistPointer>& cache) const {
    const auto row = [](const Optional& port) { return port ? Optional(port->unsqueeze(0)) : port; };
    return model().score(batch_of(tokens.unsqueeze(0), {}, row(positions), {}, row(gist), row(gist_places),
                                  cache ? *cache : cache_));
  }
  std::tuple<at::Tensor, at::Tensor> follow(const at::Tensor& ids, const Optional& positions,
                                            const Optional& gist, const Optional& gist_places,
                                            const at::Tensor& following, const at::Tensor& mask,
                                            const at::Tensor& cursor) const {
    const auto [nll, hidden] = model().follow(batch_of(ids, {}, positions, {}, gist, gist_places),
                                              {following, mask, cursor.item<std::int64_t>()});
    return {nll, hidden};
  }
  ReadPointer unread() const { return std::make_shared<const gistmill::decoder::ReadRows>(); }
  std::tuple<at::Tensor, at::Tensor, ReadPointer> follow_on(const ReadPointer& read, const at::Tensor& ids,
                                                            const Optional& positions, const Optional& gist,
                                                            const Optional& gist_places,
                                                            const at::Tensor& following,
                                                            const at::Tensor& mask,
                                                            const at::Tensor& cursor) const {
    const auto followed = model().follow_on(batch_of(ids, {}, positions, {}, gist, gist_places),
                                            {following, mask, cursor.item<std::int64_t>()}, *read);
    return {followed.nll, followed.rows.contiguous(), followed.read};
  }
  std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> branches(
      const at::Tensor& ids, const Optional& positions, const Optional& gist, const Optional& gist_places,
      const at::Tensor& first, const at::Tensor& removed, const at::Tensor& added,
      const at::Tensor& added_ids, const at::Tensor& added_positions, const Optional& added_gist,
      const Optional& added_gist_places, const at::Tensor& following, const at::Tensor& mask,
      const at::Tensor& cursor, const Optional& reference) const {
    const gistmill::decoder::Edits edits{
        first, removed, added, batch_of(added_ids, {}, added_positions, {}, added_gist, added_gist_places)};
    const auto scores = model().branches(
        batch_of(ids, {}, positions, {}, gist, gist_places), edits,
        {following, mask, cursor.item<std::int64_t>(), reference.value_or(at::Tensor())}, branch_rows_);
    return {scores.nll, scores.kl, scores.text_nll, scores.text_kl};
  }
  at::Tensor attended(const at::Tensor& ids, const Optional& positions, const Optional& gist,
                      const Optional& gist_places) const {
    return model().attended(batch_of(ids, {}, positions, {}, gist, gist_places), newest_).unsqueeze(0);
  }
  std::tuple<at::Tensor, at::Tensor> generate(const Call& call, const at::Tensor& prompt,
                                              const Optional& mask, const Optional& positions,
                                              const Optional& gist, const Optional& gist_places,
                                              const std::optional<GistPointer>& cache,
                                              const Optional& most) const {
    auto sampling = sampling_;
    if (most)
      sampling.max_tokens = std::clamp<std::int64_t>(most->item<std::int32_t>(), 0, sampling.max_tokens);
    sampling.seed = call.random_key();
    const auto generated = model().generate(
        batch_of(prompt, mask, positions, {}, gist, gist_places, cache ? *cache : cache_), sampling);
    return {generated.tokens, generated.lengths};
  }

  std::tuple<at::Tensor, at::Tensor, at::Tensor> next_tokens(
      const Call& call, const at::Tensor& ids, const Optional& positions, const Optional& gist,
      const Optional& gist_places, const Optional& most, const Optional& temperature, const Optional& top_p) {
    auto sampling = sampling_;
    if (most)
      sampling.max_tokens = std::clamp<std::int64_t>(most->item<std::int32_t>(), 0, sampling.max_tokens);
    if (temperature) sampling.temperature = number_in(*temperature, 0, 100, "temperature");
    if (top_p) sampling.top_p = number_in(*top_p, 1e-4, 1, "top_p");
    sampling.seed = call.random_key();
    const auto next =
        model().next_tokens(batch_of(ids, {}, positions, {}, gist, gist_places), sampling, reading_);
    return {at::tensor(next.tokens, at::kInt), at::full({}, next.ended ? 1 : 0, at::kInt),
            at::full({}, next.computed, at::kInt)};
  }

  GistPointer gist_cache(const at::Tensor& ids, const Optional& mask, const Optional& positions,
                         const Optional& gist, const at::Tensor& gist_places) const {
    return std::make_shared<GistCache>(
        model().gist_cache(batch_of(ids, mask, positions, {}, gist, gist_places)));
  }
  void save_gist_cache(const at::Tensor& ids, const Optional& mask, const Optional& positions,
                       const Optional& gist, const at::Tensor& gist_places, const at::Tensor& file) const {
    GistCache cache = model().gist_cache(batch_of(ids, mask, positions, {}, gist, gist_places));
    const gistmill::decoder::GistOrigin own = origin();
    cache.origin.model = own.model;
    cache.origin.adapter = own.adapter;
    gistmill::decoder::write_gist_cache(text_of(file), cache);
  }

 private:
  GistPointer given(const std::optional<GistPointer>& cache) const { return cache ? *cache : GistPointer(); }

  static double number_in(const at::Tensor& port, double least, double most, const char* name) {
    const double number = port.item<double>();
    if (number >= least && number <= most) return number;
    throw Error(GM_ERROR_USER, std::string(name) + " is out of range", name);
  }

  std::int64_t future_;
  std::int64_t topk_;
  double topk_temperature_;
  std::int64_t branch_rows_;
  std::int64_t newest_;
  gistmill::decoder::Model::Sampling sampling_;
  std::string cache_file_;
  GistPointer cache_;                   // of that file; null: none
  gistmill::decoder::Reading reading_;  // of next_tokens; decides nothing but time
};

struct Llama : Decoder {
  explicit Llama(const gistmill::Options& options)
      : Decoder(options, {"llama", "mistral", "smollm3", "qwen2", "qwen3"}) {}
};

struct Gemma : Decoder {
  explicit Gemma(const gistmill::Options& options) : Decoder(options, {"gemma3_text"}) {}
};

struct Gpt2 : Decoder {
  explicit Gpt2(const gistmill::Options& options) : Decoder(options, {"gpt2"}) {}
};

template <class Family>
auto family(const char* name) {
  return gistmill::component<Family>(name)
      .operation("embed", &Decoder::embed)
      .operation("scale", &Decoder::scale)
      .operation("read", &Decoder::read)
      .operation("states", &Decoder::states)
      .operation("original", &Decoder::original)
      .operation("resume", &Decoder::resume)
      .operation("head", &Decoder::head)
      .operation("hidden", &Decoder::hidden)
      .operation("forward", &Decoder::forward)
      .operation("topk", &Decoder::topk)
      .operation("score", &Decoder::score)
      .operation("generate", &Decoder::generate)
      .operation("next_tokens", &Decoder::next_tokens)
      .operation("save", &Decoder::save)
      .operation("save_merged", &Decoder::save_merged)
      .operation("save_with_tokens", &Decoder::save_with_tokens)
      .operation("entries", &Decoder::entries)
      .operation("attention", &Decoder::attention)
      .operation("expected_attention", &Decoder::expected_attention)
      .operation("gist_cache", &Decoder::gist_cache)
      .operation("save_gist_cache", &Decoder::save_gist_cache)
      .operation("follow", &Decoder::follow)
      .operation("unread", &Decoder::unread)
      .operation("follow_on", &Decoder::follow_on)
      .operation("branches", &Decoder::branches)
      .operation("attended", &Decoder::attended);
}

}  // namespace

GISTMILL_PLUGIN(family<Llama>("teacher/llama"), family<Gemma>("teacher/gemma"), family<Gpt2>("teacher/gpt2"));
