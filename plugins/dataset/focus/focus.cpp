#include "plugins/dataset/focus/focus.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "plugins/dataset/focus/whole_numbers.hpp"
#include "plugins/store/common/translated.hpp"

namespace gistmill::dataset {
namespace {

focus::ContextRules rules_of(const Options& options) {
  focus::ContextRules rules;
  rules.block = options.integer("block");
  rules.budget = options.integer("budget");
  rules.protected_tail = options.integer("protected");
  rules.hold = options.integer("hold");
  const std::string overflow = options.string("overflow");
  rules.overflow = overflow == "drop"   ? focus::Overflow::drop
                   : overflow == "fail" ? focus::Overflow::fail
                                        : focus::Overflow::collapse;
  try {
    const focus::WorkingContext checked(rules);
  } catch (const focus::ContextError& error) {
    throw Error(GM_ERROR_USER, error.what(), "budget");
  }
  return rules;
}

Tensor text(const std::string& letters) {
  return Tensor::of(std::vector<std::uint8_t>(letters.begin(), letters.end()), {std::ssize(letters)});
}

Tensor figure(std::optional<double> value) {
  const float number = value ? static_cast<float>(*value) : std::numeric_limits<float>::quiet_NaN();
  return Tensor::of<float>({number}, {1});
}

}  // namespace

Focus::Focus(const Options& options)
    : rules_(rules_of(options)),
      place_(focus::place_of(options.string("position"))),
      longest_(options.integer("longest")),
      horizon_(options.integer("horizon")),
      repeat_(options.boolean("repeat")),
      measure_every_(options.integer("measure_every")),
      candidates_(options.integer("candidates")),
      candidates_every_(options.integer("candidates_every")) {
  if (options.string("corpus").empty()) return;  // its text will be given
  store::translated("corpus", [&] {
    documents_.emplace(options.string("corpus"), options.string("split") == "train" ? 0 : 1,
                       std::max(options.integer("shortest"), options.integer("block")),
                       options.integer("limit"));
  });
  if (documents_->count() > 0) {
    build_facts(options);
    return;
  }
  throw Error(GM_ERROR_USER,
              "no document of split " + options.string("split") + " has " +
                  std::to_string(options.integer("shortest")) + " tokens; lower `shortest`",
              "shortest");
}

void Focus::start(const Start&) {
  if (documents_) store::translated("corpus", [&] { documents_->verify(); });
}

const FocusDocuments& Focus::documents() const {
  if (documents_) return *documents_;
  throw Error(GM_ERROR_MISUSE, "a session without a corpus was asked for a document's text");
}

const focus::Session& Focus::session() const {
  if (session_ && session_->iteration() > 0) return *session_;
  throw Error(GM_ERROR_MISUSE, "the context was asked for before the first block");
}

// No whole block is left within the session's tokens.
bool Focus::is_over() const { return session_->context().cursor() + rules_.block > session_length(); }

void Focus::begin_session(std::int64_t number) {
  const std::string name = documents().name(number % documents().count());
  session_.emplace(number, focus::SessionHead{name, rules_, place_});
  begun_ = number + 1;
  done_.clear();
}

void Focus::append() {
  const std::vector<std::int32_t> ids = read(session_->context().cursor(), rules_.block);
  const bool tells = !documents_ && session_->iteration() > 0;
  if (tells)
    told_.push_back(session_->record(std::nullopt, latency_ms_));  // nothing more is done at that block
  try {
    session_->append(ids.data());
  } catch (const focus::ContextError& error) {
    if (tells) told_.pop_back();
    throw Error(GM_ERROR_USER, "document '" + session_->head().name + "': " + error.what(), "budget");
  }
  done_.emplace_back();
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Focus::next() {
  if (!session_ || is_over()) {
    if (!repeat_ && begun_ == documents().count()) throw EndOfData();
    begin_session(begun_);
  }
  append();
  latency_ms_ = 0;
  handed_out_ = Clock::now();
  return block();
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Focus::block() const {
  const std::int64_t cursor = session_->context().cursor();
  const focus::Tree& tree = session_->tree();
  return {list(std::vector<std::int32_t>(tree.data(), tree.data() + tree.tokens())),
          list(read(cursor, horizon_)),
          mask(session_->iteration() % measure_every_ == 0),
          scalar(rules_.block),
          scalar(cursor),
          scalar(rules_.budget),
          scalar(rules_.protected_tail),
          scalar(begun_ - 1),
          text(session_->head().name)};
}

// 1 where a token follows; 0 everywhere where it is not `wanted`.
std::vector<float> Focus::following_mask(bool wanted) const {
  const std::int64_t length = documents_ ? documents_->length(document()) : std::ssize(given_);
  const std::int64_t left = length - session_->context().cursor();
  std::vector<float> there(static_cast<std::size_t>(horizon_), 0.0f);
  if (wanted) std::fill_n(there.begin(), std::clamp<std::int64_t>(left, 0, horizon_), 1.0f);
  return there;
}

std::tuple<Tensor, Tensor, Tensor, Tensor> Focus::look() const {
  const focus::EntryArrays arrays = session().context().arrays(session().iteration());
  return {list(arrays.levels), list(arrays.starts), list(arrays.residency), list(arrays.last_action)};
}

void Focus::act(const Tensor& actions) {
  session();  // misuse is said here
  if (actions.shape().size() != 2 || actions.shape()[1] != 2)
    throw Error(GM_ERROR_USER, "actions are [A, 2]: index of an entry, and 1 or -1", "actions");
  const auto* const values = actions.data<std::int32_t>();
  std::vector<focus::Edit> edits;
  for (std::int64_t i = 0; i < actions.size(); i += 2)
    edits.push_back({values[i], static_cast<focus::Direction>(values[i + 1])});
  carry_out(edits);
  latency_ms_ = std::chrono::duration<double, std::milli>(Clock::now() - handed_out_).count();
}

void Focus::carry_out(const std::vector<focus::Edit>& edits) {
  try {
    session_->act(edits);
  } catch (const focus::ContextError& error) {
    throw Error(GM_ERROR_USER,
                "document '" + session_->head().name + "', block " + std::to_string(session_->iteration()) +
                    ": " + error.what(),
                "actions");
  }
  if (!edits.empty()) done_.back().push_back(edits);
}

Focus::ShownRows Focus::shown_rows() const {
  const focus::WorkingContext& context = session().context();
  focus::Rows rows = focus::rows_of(context, session().tree().data(), place_);
  ShownRows shown;
  for (std::size_t i = 0; i < rows.token.size(); ++i) {
    if (rows.token[i] >= 0) continue;
    const focus::Entry& entry = context.entries()[static_cast<std::size_t>(rows.entry[i])];
    shown.gist_places.push_back(static_cast<std::int32_t>(i));
    shown.gist_levels.push_back(entry.level);
    shown.gist_starts.push_back(entry.start);
    rows.token[i] = 0;  // any id: a gist stands there
  }
  focus::fit_positions(rows, context.cursor(), known_, rules_.block);
  shown.ids = std::move(rows.token);
  shown.positions = std::move(rows.position);
  return shown;
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> Focus::rows() const {
  const ShownRows shown = shown_rows();
  return {row(shown.ids), row(shown.positions), row(shown.gist_places), row(shown.gist_levels),
          row(shown.gist_starts)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Focus::continued() const {
  ShownRows shown = shown_rows();
  const std::int64_t cursor = session().context().cursor();
  std::vector<float> counts(shown.ids.size(), 0.0f);
  const std::vector<float> there = following_mask(true);
  counts.insert(counts.end(), there.begin(), there.end());
  const std::vector<std::int32_t> following = read(cursor, horizon_);
  shown.ids.insert(shown.ids.end(), following.begin(), following.end());
  for (std::int64_t i = 0; i < horizon_; ++i)
    shown.positions.push_back(static_cast<std::int32_t>(cursor + i));
  const auto length = static_cast<std::int64_t>(counts.size());
  return {row(shown.ids),         row(shown.positions),   Tensor::of(counts, {1, length}),
          row(shown.gist_places), row(shown.gist_levels), row(shown.gist_starts)};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Focus::note(
    const std::optional<Tensor>& loss) const {
  std::optional<double> measured;
  if (loss && std::isfinite(*loss->data<float>())) measured = static_cast<double>(*loss->data<float>());
  const focus::BlockRecord record = session().record(measured, latency_ms_);
  const focus::Figures& figures = record.figures;
  return {text(focus::to_text(record)),        figure(figures.loss_at_h),
          figure(figures.swap_rate_per_block), figure(figures.mean_residency_iterations),
          figure(figures.latency_ms),          figure(figures.token_budget_utilization)};
}

}  // namespace gistmill::dataset
