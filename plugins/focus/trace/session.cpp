#include "plugins/focus/trace/session.hpp"

#include <numeric>
#include <utility>

namespace gistmill::focus {
namespace {

double mean(const std::vector<std::int32_t>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Session::Session(std::int64_t number, SessionHead head)
    : number_(number), head_(std::move(head)), context_(head_.rules), tree_(head_.rules.block) {}

void Session::append(const std::int32_t* tokens) {
  room_ = context_.append_block(iteration_ + 1);
  ++iteration_;
  actions_.clear();
  spans_.clear();
  left_.clear();
  if (tokens == nullptr) return;
  tree_.append(tokens, static_cast<std::uint64_t>(iteration_));
  tree_.touch(0, context_.entries().back().start);
}

void Session::act(const std::vector<Edit>& actions) {
  const EntryArrays arrays = context_.arrays(iteration_);
  context_.apply(actions, iteration_);
  if (actions.empty()) return;
  Round& round = actions_.emplace_back();
  for (const Edit& action : actions) {
    const Swap swap = *swap_of(arrays.entries(), action);  // legal, or it was refused above
    round.push_back(swap.edit);
    spans_.push_back(span_of(arrays.entries(), swap));
    for (std::size_t i = swap.first; i < swap.first + swap.count; ++i) left_.push_back(arrays.residency[i]);
  }
  if (tree_.tokens() > 0) touch(iteration_);
}

// The nodes that came into the context by an action of this iteration.
void Session::touch(std::int32_t since) {
  for (const Entry& entry : context_.entries()) {
    if (entry.since == since && entry.last_action != Direction::none) tree_.touch(entry.level, entry.start);
  }
}

BlockRecord Session::record(std::optional<double> loss_at_h, double latency_ms) const {
  BlockRecord record;
  record.session = number_;
  record.iteration = iteration_;
  if (iteration_ == 1) record.begins = head_;
  record.cursor = context_.cursor();
  record.room = room_;
  record.actions = actions_;
  record.context = context_.text();
  record.state = context_.digest();
  if (tree_.tokens() > 0) record.tree = tree_.digest();
  record.figures.loss_at_h = loss_at_h;
  record.figures.swap_rate_per_block = static_cast<double>(spans_.size());
  record.figures.mean_residency_iterations = mean(context_.arrays(iteration_).residency);
  if (!left_.empty()) record.figures.left_residency_iterations = mean(left_);
  record.figures.latency_ms = latency_ms;
  record.figures.token_budget_utilization =
      static_cast<double>(context_.cost()) / static_cast<double>(head_.rules.budget);
  return record;
}

}  // namespace gistmill::focus
