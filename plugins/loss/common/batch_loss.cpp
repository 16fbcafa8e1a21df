#include "plugins/loss/common/batch_loss.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <string>
#include <vector>

#include "gistmill/plugin/values.hpp"
#include "plugins/loss/common/known_gradient.hpp"
#include "plugins/loss/common/next_tokens.hpp"
#include "plugins/loss/common/vocabulary.hpp"

namespace gistmill::loss {
namespace {

// Rows of ids [M, K] in which a token stands twice have no distribution.
void check_distinct(const at::Tensor& ids, std::int64_t vocabulary) {
  if (!ids.is_cpu()) return;
  std::vector<std::int64_t> row_of(static_cast<std::size_t>(vocabulary), -1);
  const std::int64_t* id = ids.const_data_ptr<std::int64_t>();
  for (std::int64_t row = 0; row < ids.size(0); ++row) {
    for (std::int64_t k = 0; k < ids.size(1); ++k, ++id) {
      if (*id < 0) continue;
      std::int64_t& last = row_of[static_cast<std::size_t>(*id)];
      if (last == row) {
        throw Error(GM_ERROR_USER,
                    "token " + std::to_string(*id) + " stands twice among the most probable tokens of a row",
                    "topk_ids");
      }
      last = row;
    }
  }
}

// -1 stands where a teacher has no token, and has no probability.
void check_absent(const at::Tensor& absent, const at::Tensor& log_probability) {
  if (!absent.is_cpu() || !at::logical_and(absent, log_probability != -INFINITY).any().item<bool>()) return;
  throw Error(GM_ERROR_USER, "a token is -1, which is none, and has a probability", "topk_ids");
}

void check_teacher(const at::Tensor& ids, const at::Tensor& log_probability, std::int64_t vocabulary) {
  if (ids.size(1) > vocabulary) {
    throw Error(GM_ERROR_USER,
                "the teacher gives " + std::to_string(ids.size(1)) +
                    " tokens a row when the student's vocabulary has " + std::to_string(vocabulary),
                "topk_ids");
  }
  const at::Tensor absent = ids == kNoToken;
  check_absent(absent, log_probability);
  check_vocabulary(ids.masked_fill(absent, 0), vocabulary, "the teacher's token", "topk_ids",
                   "do teacher and student have the same tokenizer?");
  check_distinct(ids, vocabulary);
}

RowProblem problem_of(const Student& student, const NextTokens& next, const Teacher& teacher) {
  const at::Device device = student.head.device();
  const at::Tensor rows = next.rows.to(device);
  const auto of_rows = [&](const at::Tensor& batch) {
    return batch.detach().flatten(0, 1).to(device).index_select(0, rows);
  };
  const std::int64_t vocabulary = student.head.size(0);
  check_vocabulary(next.targets, vocabulary, "target", "ids",
                   "was the text prepared with this model's tokenizer?");
  RowProblem problem;
  problem.hidden = of_rows(student.hidden).to(student.products);
  problem.head = student.head.detach().to(student.products);
  problem.targets = next.targets.to(device);
  problem.weights = (next.counts / next.counts.sum()).to(device);
  if (!teacher.ids.defined()) return problem;
  problem.topk_ids = of_rows(teacher.ids).to(at::kLong);
  problem.topk_log_probability = of_rows(teacher.log_probability);
  check_teacher(problem.topk_ids, problem.topk_log_probability, vocabulary);
  return problem;
}

bool wants(const at::Tensor& input) { return at::GradMode::is_enabled() && input.requires_grad(); }

}  // namespace

BatchLoss batch_loss(const Student& student, const at::Tensor& ids, const std::optional<at::Tensor>& counts,
                     const Teacher& teacher, const Mix& mix) {
  const Wanted wanted{wants(student.hidden), wants(student.head)};
  BatchLoss batch;
  std::vector<Known> known;
  {
    const at::NoGradGuard no_grad;
    const NextTokens next = next_tokens(ids, counts);
    const RowLosses found = row_losses(problem_of(student, next, teacher), mix, wanted);
    const at::ScalarType type = student.head.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    at::Tensor losses = found.nll * mix.alpha;
    if (found.kl.defined()) losses += found.kl * ((1 - mix.alpha) * mix.temperature * mix.temperature);
    batch.loss = mean(losses, next).to(type);
    batch.nll = text_means(found.nll, next).to(type);
    batch.token_nll = at_targets(found.nll, next, ids.sizes()).to(type);
    if (found.kl.defined()) batch.kl = text_means(found.kl, next).to(type);
    if (wanted.hidden) known.push_back({student.hidden, of_batch(found.hidden, next, student.hidden)});
    if (wanted.head) known.push_back({student.head, found.head.to(student.head.scalar_type())});
  }
  if (known.empty()) return batch;
  known.resize(2);
  batch.loss = with_known_gradients(batch.loss, known[0], known[1]);
  return batch;
}

}  // namespace gistmill::loss
