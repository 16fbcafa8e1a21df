// A session of dataset/focus whose text is given block by block, such as a conversation: it has no corpus.
#include <algorithm>
#include <string>

#include "plugins/dataset/focus/focus.hpp"
#include "plugins/dataset/focus/whole_numbers.hpp"
#include "plugins/focus/trace/trace_file.hpp"

namespace gistmill::dataset {
void Focus::begin_given() {
  session_.emplace(0, focus::SessionHead{"given", rules_, place_});
  begun_ = 1;
  done_.clear();
  told_.clear();
}

// `size` ids, zeros behind what was given.
std::vector<std::int32_t> Focus::read_given(std::int64_t begin, std::int64_t size) const {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(size), 0);
  const std::int64_t there = std::clamp<std::int64_t>(std::ssize(given_) - begin, 0, size);
  if (there > 0) std::copy_n(given_.begin() + begin, there, ids.begin());
  return ids;
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> Focus::extend(
    const Tensor& block_tokens, const std::optional<Tensor>& positions_known) {
  if (documents_) throw Error(GM_ERROR_MISUSE, "a session of documents cannot be given another text");
  if (block_tokens.size() != rules_.block) {
    throw Error(
        GM_ERROR_USER,
        std::to_string(block_tokens.size()) + " tokens when a block has " + std::to_string(rules_.block),
        "block_tokens");
  }
  const std::int64_t known = positions_known ? *positions_known->data<std::int32_t>() : 0;
  if (known > 0 && rules_.budget > focus::most_rows(known, rules_.block)) {
    throw Error(GM_ERROR_USER,
                "a budget of " + std::to_string(rules_.budget) + " rows when the model knows " +
                    std::to_string(known) + " positions, so that it should be " +
                    std::to_string(focus::most_rows(known, rules_.block)) + " or less",
                "budget");
  }
  if (!session_) begin_given();
  const auto* const ids = block_tokens.data<std::int32_t>();
  given_.insert(given_.end(), ids, ids + rules_.block);
  try {
    append();
  } catch (...) {
    given_.resize(given_.size() - static_cast<std::size_t>(rules_.block));
    throw;
  }
  known_ = known;
  latency_ms_ = 0;
  handed_out_ = Clock::now();
  return block();
}

Tensor Focus::trace() const {
  focus::TraceText text;
  for (const focus::BlockRecord& record : told_) text.add(record);
  if (session_ && session_->iteration() > 0) text.add(session_->record(std::nullopt, latency_ms_));
  const std::string lines = text.finish();
  return Tensor::of(std::vector<std::uint8_t>(lines.begin(), lines.end()), {std::ssize(lines)});
}

Tensor Focus::end() const {
  const focus::WorkingContext& context = session().context();
  focus::Rows rows = focus::rows_of(context, session().tree().data(), place_);
  return scalar(focus::fit_positions(rows, context.cursor(), known_, rules_.block));
}

}  // namespace gistmill::dataset
