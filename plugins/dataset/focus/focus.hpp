// dataset/focus: long documents, or a text that is given, that grow block by block under a working context.
// It holds the context; the actions on it come from an allocator of the same pipeline.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/focus/documents.hpp"
#include "plugins/dataset/focus/facts.hpp"
#include "plugins/focus/trace/session.hpp"

namespace gistmill::dataset {

class Focus {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Focus(const Options& options);

  void start(const Start&);
  std::string digest() const;

  // The next block, of the next session where one is over, then EndOfData. tokens i32[T]: the history;
  // following i32[H], mask f32[H], 0 where `measure_every` leaves the block out; block, cursor, budget,
  // protected, session: i32[]; name u8[M]: the document's.
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> next();

  // The next block of one session whose text is given, in place of next(); without a corpus. tokens i32[K];
  // positions_known i32[] or nothing: how many positions the model has (rows()). As next(); nothing is known
  // to follow. Throws Error: (misuse) a session of documents was begun.
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> extend(
      const Tensor& block_tokens, const std::optional<Tensor>& positions_known);

  // The context as it is: levels, starts, residency, last_action, i32[N].
  std::tuple<Tensor, Tensor, Tensor, Tensor> look() const;

  // actions i32[A, 2], carried out all or none.
  void act(const Tensor& actions);

  // The rows of a model's input: ids, positions i32[1, R]; gist_places, gist_levels, gist_starts i32[1, G].
  // Within the positions that are known (rows.hpp).
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> rows() const;
  // All blocks of a session that is given so far, u8[B]: a trace, as store/focus writes it.
  Tensor trace() const;
  // The position of the token behind the cursor, i32[], as rows() has them.
  Tensor end() const;

  // The same with the H tokens behind the cursor: ids, positions i32[1, R + H]; counts f32[1, R + H], 1 of
  // those that exist; gist_places, gist_levels, gist_starts i32[1, G].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> continued() const;

  // The legal swaps that are to be measured: edit_entry, edit_direction, edit_first, edit_removed, edit_added
  // i32[B]; added_ids, added_positions i32[1, P]; added_gist_places, _levels, _starts i32[1, W].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> candidates()
      const;

  // The span that the H tokens behind the cursor need, where facts are built in: needed i32[2], first token
  // and the one behind the last, -1 twice where nothing is needed; and how much of it stands open in the
  // context as it is, f32[1], NaN where nothing is needed.
  std::tuple<Tensor, Tensor> needed() const;

  // The history as tokens alone, ids, positions i32[1, T], and which of the following tokens count in this
  // block, f32[H].
  std::tuple<Tensor, Tensor, Tensor> whole() const;

  // loss f32[], NaN or nothing where none was measured -> the record, and one item of each
  // figure that every block has, f32[1].
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> note(const std::optional<Tensor>& loss) const;

  // The actions so far: what they lead to is played again.
  std::string save_state() const;
  void load_state(std::string_view state);

 private:
  using Clock = std::chrono::steady_clock;

  const focus::Session& session() const;
  const FocusDocuments& documents() const;  // throws Error (misuse) where there is no corpus
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> block() const;
  void begin_given();
  std::vector<std::int32_t> read_given(std::int64_t begin, std::int64_t size) const;
  bool is_measured() const { return session().iteration() % candidates_every_ == 0; }
  std::vector<focus::Swap> measured_swaps() const;
  struct ShownRows {
    std::vector<std::int32_t> ids, positions;                         // [R]
    std::vector<std::int32_t> gist_places, gist_levels, gist_starts;  // [G]
  };
  ShownRows shown_rows() const;
  std::vector<float> following_mask(bool wanted) const;  // [H]
  Tensor mask(bool wanted) const { return Tensor::of(following_mask(wanted), {horizon_}); }
  void build_facts(const Options& options);
  bool is_over() const;
  std::int64_t document() const { return (begun_ - 1) % documents().count(); }
  std::int64_t session_length() const;  // tokens, of the session that was begun last
  std::vector<std::int32_t> read(std::int64_t begin, std::int64_t size) const;
  void begin_session(std::int64_t number);
  void append();
  void carry_out(const std::vector<focus::Edit>& edits);
  void play_again(std::int64_t begun, const std::vector<std::vector<std::vector<focus::Edit>>>& blocks);

  std::optional<FocusDocuments> documents_;  // none where the text is given
  std::vector<std::int32_t> given_;          // the text of a session that is given
  std::vector<focus::BlockRecord> told_;     // of a session that is given: its blocks but the newest
  std::int64_t known_ = 0;                   // positions of the model; 0: any
  std::optional<BuiltFacts> facts_;
  focus::ContextRules rules_;
  focus::Place place_;
  std::int64_t longest_;  // tokens of a session
  std::int64_t horizon_;
  bool repeat_;
  std::int64_t measure_every_;     // blocks from one whose following tokens count to the next
  std::int64_t candidates_;        // of a block, at most; 0: all
  std::int64_t candidates_every_;  // so many blocks
  std::int64_t begun_ = 0;         // sessions
  std::optional<focus::Session> session_;
  std::vector<std::vector<std::vector<focus::Edit>>> done_;  // blocks, rounds, actions
  Clock::time_point handed_out_;
  double latency_ms_ = 0;
};

}  // namespace gistmill::dataset
