// Logits are made in tiles of kTileRows x kTileColumns, each reduced while it is in the cache: a step of a
// running softmax, as attention does it with keys. With weights w = exp(z - maximum so far),
//   log_sum = maximum + log sum w          mean_row = (w head) / sum w
// so the gradient of a loss needs no second look at the logits: 4 M D V operations, 2 without mean_row.
// Threads share the vocabulary; each packs a tile of the head once and takes all rows through it.
#include "plugins/loss/substitution/head_tiles.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "plugins/loss/substitution/softmax_rows.hpp"

namespace gistmill::substitution {
namespace {

using c10::BFloat16;

// Rows a tile. With 576 wide rows of bf16, what both products of a tile touch is about the second-level cache
// of 1 MiB.
constexpr std::int64_t kTileRows = 128;
// Rows that one sweep over the head serves: bounds the sums of each thread, and makes packing 1 % of the
// work.
constexpr std::int64_t kSweepRows = 1024;
// Products of few heights, so that few kernels are generated.
constexpr std::int64_t kRowStep = 32;

constexpr std::int64_t round_up(std::int64_t count, std::int64_t step) {
  return (count + step - 1) / step * step;
}

template <class T>
std::unique_ptr<T[]> buffer(std::int64_t count) {
  return std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(count));
}

// c f32[m, n] = a[m, k] b[k, n], plus c where `add`; b as head_tile.hpp packs it.
template <class T>
void product(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b, float* c, bool add) {
  loss::tile_product({m, n, k, n}, a, b, c, add);
}

// The rows of one sweep. M of them exist; those up to `padded_rows` are zero and reduced for nothing.
template <class T>
struct Sweep {
  const T* hidden;  // [padded_rows, D]
  std::int64_t padded_rows;
  const T* head;  // [V, D]
  std::int64_t vocabulary;
  std::int64_t size;            // D, even
  const std::int64_t* targets;  // [M]
  std::int64_t rows;            // M
  float scale;                  // 1 / temperature
  bool with_mean;
};

// What one thread's part of the vocabulary gives.
struct Part {
  std::vector<Running> at_one;          // [padded_rows] at temperature 1; empty where that is the temperature
  std::vector<Running> at_temperature;  // [padded_rows]
  std::vector<float> weighted;          // [padded_rows, D] sum of weights times head rows, or empty
};

template <class T>
class Worker {
 public:
  Worker(const Sweep<T>& sweep, Part& part, float* target_logits)
      : sweep_(sweep),
        part_(part),
        target_logits_(target_logits),
        for_logits_(buffer<T>(sweep.size * kTileColumns)),
        for_means_(buffer<T>(sweep.with_mean ? sweep.size * kTileColumns : 0)),
        logits_(buffer<float>(kTileRows * kTileColumns)),
        weights_(buffer<T>(sweep.with_mean ? kTileRows * kTileColumns : 0)) {
    const auto rows = static_cast<std::size_t>(sweep.padded_rows);
    if (sweep.scale != 1) part.at_one.resize(rows);
    part.at_temperature.resize(rows);
    if (sweep.with_mean) part.weighted.resize(rows * static_cast<std::size_t>(sweep.size));
  }

  // Vocabulary entries begin .. begin + kTileColumns, or to the end.
  void take(std::int64_t begin) {
    const std::int64_t columns = std::min(kTileColumns, sweep_.vocabulary - begin);
    const T* head = sweep_.head + begin * sweep_.size;
    loss::pack_for_logits(head, columns, sweep_.size, for_logits_.get());
    if (sweep_.with_mean) loss::pack_for_means(head, columns, sweep_.size, for_means_.get());
    for (std::int64_t row = 0; row < sweep_.padded_rows; row += kTileRows) {
      reduce(row, std::min(kTileRows, sweep_.padded_rows - row), begin, columns);
    }
  }

 private:
  void reduce(std::int64_t row, std::int64_t rows, std::int64_t begin, std::int64_t columns) {
    const std::int64_t size = sweep_.size;
    product(rows, kTileColumns, size, sweep_.hidden + row * size, for_logits_.get(), logits_.get(), false);
    for (std::int64_t r = row; r < std::min(row + rows, sweep_.rows); ++r) {
      const std::int64_t column = sweep_.targets[r] - begin;
      if (column >= 0 && column < columns) target_logits_[r] = logits_[(r - row) * kTileColumns + column];
    }
    if (sweep_.scale != 1) add_columns(rows, columns, 1, logits_.get(), &part_.at_one[row]);
    Running* running = &part_.at_temperature[row];
    if (!sweep_.with_mean) {
      add_columns(rows, columns, sweep_.scale, logits_.get(), running);
      return;
    }
    float* weighted = &part_.weighted[row * size];
    add_columns(rows, columns, sweep_.scale, logits_.get(), running, weights_.get(), weighted, size);
    product(rows, size, kTileColumns, weights_.get(), for_means_.get(), weighted, true);
  }

  const Sweep<T>& sweep_;
  Part& part_;
  float* target_logits_;  // [M]; each is written by the thread that has the target's column
  std::unique_ptr<T[]> for_logits_, for_means_;
  std::unique_ptr<float[]> logits_;
  std::unique_ptr<T[]> weights_;
};

// Row r of all parts as one: the running softmax over the whole vocabulary.
Running merge(const std::vector<Part>& parts, std::vector<Running> Part::*which, std::int64_t r) {
  Running all;
  for (const Part& part : parts) all.maximum = std::max(all.maximum, (part.*which)[r].maximum);
  for (const Part& part : parts) {
    const Running& row = (part.*which)[r];
    const double shrink = std::exp(static_cast<double>(row.maximum) - all.maximum);
    all.sum += row.sum * shrink;
    all.weight_sum += row.weight_sum * shrink;
  }
  return all;
}

double log_sum(const Running& row) { return row.maximum + std::log(row.sum); }

// mean f32[D] of row r.
void merge_mean(const std::vector<Part>& parts, std::int64_t r, const Running& all, std::int64_t size,
                float* mean) {
  std::fill(mean, mean + size, 0.0f);
  for (const Part& part : parts) {
    // Divided by the sum of the weights as the product took them, rounded: they sum to 1.
    const auto share = static_cast<float>(
        std::exp(static_cast<double>(part.at_temperature[r].maximum) - all.maximum) / all.weight_sum);
    const float* weighted = &part.weighted[r * size];
    for (std::int64_t i = 0; i < size; ++i) mean[i] += share * weighted[i];
  }
}

// Rows begin .. begin + rows of the pass.
template <class T>
void sweep_rows(const Sweep<T>& sweep, std::int64_t begin, HeadPass& pass) {
  const std::int64_t tiles = (sweep.vocabulary + kTileColumns - 1) / kTileColumns;
  const std::int64_t count = std::min<std::int64_t>(at::get_num_threads(), tiles);
  std::vector<Part> parts(static_cast<std::size_t>(count));
  std::vector<float> target_logits(static_cast<std::size_t>(sweep.rows));
  at::parallel_for(0, count, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t p = first; p < last; ++p) {
      Worker<T> worker(sweep, parts[p], target_logits.data());
      for (std::int64_t tile = tiles * p / count; tile < tiles * (p + 1) / count; ++tile) {
        worker.take(tile * kTileColumns);
      }
    }
    loss::release_tile_products<T>();
  });
  auto* nll = pass.nll.mutable_data_ptr<double>() + begin;
  auto* sum = pass.log_sum.mutable_data_ptr<double>() + begin;
  float* mean = sweep.with_mean ? pass.mean_row.mutable_data_ptr<float>() + begin * sweep.size : nullptr;
  at::parallel_for(0, sweep.rows, 16, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t r = first; r < last; ++r) {
      const Running all = merge(parts, &Part::at_temperature, r);
      sum[r] = log_sum(all);
      nll[r] = (sweep.scale == 1 ? sum[r] : log_sum(merge(parts, &Part::at_one, r))) - target_logits[r];
      if (mean != nullptr) merge_mean(parts, r, all, sweep.size, mean + r * sweep.size);
    }
  });
}

template <class T>
void run(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets, double temperature,
         HeadPass& pass) {
  for (std::int64_t begin = 0; begin < hidden.size(0); begin += kSweepRows) {
    const std::int64_t rows = std::min(kSweepRows, hidden.size(0) - begin);
    const at::Tensor padded = at::zeros({round_up(rows, kRowStep), head.size(1)}, head.options());
    padded.narrow(0, 0, rows).copy_(hidden.narrow(0, begin, rows));
    const Sweep<T> sweep{padded.const_data_ptr<T>(),
                         padded.size(0),
                         head.const_data_ptr<T>(),
                         head.size(0),
                         head.size(1),
                         targets.const_data_ptr<std::int64_t>() + begin,
                         rows,
                         static_cast<float>(1 / temperature),
                         pass.mean_row.defined()};
    sweep_rows(sweep, begin, pass);
  }
}

}  // namespace

bool tiles_handle(const at::Tensor& head) {
  if (!head.is_cpu()) return false;
  return head.scalar_type() == at::kFloat || (head.scalar_type() == at::kBFloat16 && loss::multiplies_bf16());
}

HeadPass head_pass_in_tiles(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                            double temperature, MeanRow mean_row) {
  if (head.size(1) % 2 != 0) {  // products of bf16 take pairs
    HeadPass pass = head_pass_in_tiles(at::constant_pad_nd(hidden, {0, 1}), at::constant_pad_nd(head, {0, 1}),
                                       targets, temperature, mean_row);
    if (pass.mean_row.defined()) pass.mean_row = pass.mean_row.narrow(1, 0, head.size(1)).contiguous();
    return pass;
  }
  HeadPass pass;
  pass.nll = at::empty({hidden.size(0)}, head.options().dtype(at::kDouble));
  pass.log_sum = at::empty_like(pass.nll);
  if (mean_row == MeanRow::compute) {
    pass.mean_row = at::empty(hidden.sizes(), head.options().dtype(at::kFloat));
  }
  const at::Tensor rows = head.contiguous();
  const at::Tensor ids = targets.contiguous();
  if (head.scalar_type() == at::kBFloat16) {
    run<BFloat16>(hidden, rows, ids, temperature, pass);
  } else {
    run<float>(hidden, rows, ids, temperature, pass);
  }
  return pass;
}

}  // namespace gistmill::substitution
