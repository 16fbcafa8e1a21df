// Many edits of one text, each judged by what follows it. What stands before an edit is as it was, so its
// keys and values are taken from one pass over the text; a branch computes its own rows alone: those that the
// edit puts in, the text behind it, and the tokens that follow. Branches are packed into passes of a limited
// number of rows; behind the last attention only the rows that predict go on. Exact: the same numbers as a
// pass over each edited text but for the order of sums.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <gistmill/plugin/values.hpp>
#include <string>

#include "plugins/teacher/decoder/branch_rows.hpp"
#include "plugins/teacher/decoder/model.hpp"

namespace gistmill::decoder {

// `whole`: the text with what follows it. Throws Error (user) where rows that edits put in cannot be.
Model::RowPool Model::pool_of(const Batch& whole, const Batch& added) const {
  RowPool pool{embed_batch(whole, {}), whole.positions.flatten()};
  if (added.ids.size(1) == 0) return pool;
  const at::Tensor positions = positions_of(added).to(at::kLong);
  try {
    check_vocabulary(added.ids);
    check_gist(added);
    expect_vectors(added);
    check_positions(positions, 0);
  } catch (const Error& error) {
    throw Error(error.code, std::string("of the rows that edits put in: ") + error.what(),
                "added_" + error.key);
  }
  return {at::cat({pool.embeddings, embed_batch(added, {})}), at::cat({pool.positions, positions.flatten()})};
}

// The first `length` rows of the pool as one text -> its last `kept` rows, compute[kept, D], and the keys and
// values of all, a layer each compute[length, 2 J E].
at::Tensor Model::run_text(const RowPool& pool, std::int64_t length, std::int64_t kept,
                           std::vector<at::Tensor>& keys_values) const {
  Pass pass;
  pass.embeddings = pool.embeddings.narrow(0, 0, length);
  pass.positions = here(pool.positions.narrow(0, 0, length));
  pass.kept = here(at::arange(length - kept, length, at::kLong));
  pass.attention = causal(length, &keys_values);
  return run(pass);
}

// -> the last `kept` rows of each branch, compute[branches kept, D].
at::Tensor Model::run_branches(const RowPool& pool, const std::vector<at::Tensor>& keys_values,
                               const std::vector<Branch>& branches, std::int64_t kept) const {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> last;
  AttentionPlan plan{shape_, {}};
  for (const Branch& branch : branches) {
    const auto first = static_cast<std::int64_t>(rows.size());
    const auto count = static_cast<std::int64_t>(branch.rows.size());
    plan.segments.push_back({first, count, branch.first});
    rows.insert(rows.end(), branch.rows.begin(), branch.rows.end());
    for (std::int64_t row = count - kept; row < count; ++row) last.push_back(first + row);
  }
  const at::Tensor index = at::tensor(rows, at::kLong);
  Pass pass;
  pass.embeddings = pool.embeddings.index_select(0, here(index));
  pass.positions = here(pool.positions.index_select(0, index));
  pass.kept = here(at::tensor(last, at::kLong));
  pass.attention = [&](std::size_t layer, const at::Tensor& qkv) {
    return attend(qkv, keys_values[layer], plan);
  };
  return run(pass);
}

// The last `kept` rows of one branch, computed with all that stands before it: the plain form, and the one
// for windows, which go by positions that no key's place in the text tells. -> compute[kept, D]
at::Tensor Model::run_apart(const RowPool& pool, const Branch& branch, std::int64_t kept) const {
  const at::Tensor index =
      at::cat({at::arange(branch.first, at::kLong), at::tensor(branch.rows, at::kLong)});  // [n]
  Batch whole{at::zeros({1, index.size(0)}, at::kLong), {}, {}, {}};
  whole.positions = pool.positions.index_select(0, index).unsqueeze(0);
  whole.embeddings = pool.embeddings.index_select(0, here(index)).unsqueeze(0);
  return hidden(whole).squeeze(0).narrow(0, index.size(0) - kept, kept);
}

BranchScores Model::branches(const Batch& text, const Edits& edits, const Continuation& given,
                             std::int64_t rows) const {
  const at::NoGradGuard no_grad;
  check_continuation(text, given);
  const Continuation next = given.up_to(given.counted());
  const std::int64_t horizon = next.horizon();
  const at::Tensor unknown =
      at::full({edits.count() + 1}, NAN, at::TensorOptions(device()).dtype(at::kFloat));
  if (horizon == 0) return {unknown.slice(0, 1), unknown.slice(0, 1), unknown[0], unknown[0]};
  const Batch whole = continued(text, next);
  const std::vector<Branch> all = branches_of(edits, text.ids.size(1), horizon - 1);
  const RowPool pool = pool_of(whole, edits.rows);
  const bool apart = window_hides(pool.positions.max().item<std::int64_t>());
  const std::int64_t length = whole.ids.size(1);
  std::vector<at::Tensor> keys_values;
  const at::Tensor own =
      apart ? run_apart(pool, {length, {}}, horizon) : run_text(pool, length, horizon, keys_values);
  const at::Tensor reference = next.reference.defined() ? here(next.reference).to(dtype_) : own;
  const auto [text_nll, text_kl] = score_following({own}, reference, next);
  std::vector<at::Tensor> nll{unknown.slice(0, 0, 0)};
  std::vector<at::Tensor> kl = nll;
  for (const auto& [begin, end] : runs_of(all, apart ? 1 : rows)) {
    const std::vector<Branch> together(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                       all.begin() + static_cast<std::ptrdiff_t>(end));
    const at::Tensor found =
        apart ? run_apart(pool, together[0], horizon) : run_branches(pool, keys_values, together, horizon);
    auto [part_nll, part_kl] = score_following(found.split(horizon), reference, next);
    nll.push_back(part_nll);
    kl.push_back(part_kl);
  }
  return {at::cat(nll), at::cat(kl), text_nll[0], text_kl[0]};
}

}  // namespace gistmill::decoder
