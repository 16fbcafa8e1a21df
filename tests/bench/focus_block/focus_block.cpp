// What one block of the focus loop costs beside the base model: scores of lensnet/dual-cross,
// allocator/greedy and the edit of the working context, against decoding the K = 32 tokens of that block with
// the frozen base alone, behind as many tokens as the context has rows. Prints one line of JSON: seconds of
// each part, by block, and of decoding; what the model needs to read a context again that an edit changed
// stands beside it.
//
//   focus_block MODEL bf16|f32 THREADS ROWS BLOCKS
//
// A history of four times ROWS tokens in a working context of at most ROWS rows, which grows by BLOCKS
// blocks.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

#include "host/machine/memory.hpp"
#include "plugins/allocator/greedy/greedy.hpp"
#include "plugins/focus/common/rows.hpp"
#include "plugins/focus/common/targets.hpp"
#include "plugins/focus/common/working_context.hpp"
#include "plugins/lensnet/dual-cross/contexts.hpp"
#include "plugins/lensnet/dual-cross/network.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/bench/common/program.hpp"

namespace {

namespace focus = gistmill::focus;
namespace lensnet = gistmill::lensnet;
using gistmill::decoder::Batch;
using gistmill::decoder::Model;

constexpr std::int64_t kBlock = 32;

// Adds seconds by the clock to `part`_seconds, and those of the processor to `part`_cpu_seconds, which say
// something of a busy machine too.
void measure(nlohmann::json& result, const std::string& part, const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t before = std::clock();
  work();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  result[part + "_seconds"].push_back(passed.count());
  result[part + "_cpu_seconds"].push_back(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
}

at::Tensor ints(const std::vector<std::int32_t>& values) { return at::tensor(values, at::kInt); }
at::Tensor one(std::int64_t value) { return at::full({1}, value, at::kInt); }

// Scores as the component gives them, by weights that were drawn so that scores differ.
class Lens {
 public:
  explicit Lens(std::int64_t hidden) {
    shape_.hidden = hidden;
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
    const gistmill::torch::Builder build([this](const std::string&, const at::Tensor& initial,
                                                std::uint32_t) { return parameters_.emplace_back(initial); },
                                         generator);
    network_ = std::make_unique<lensnet::Network>(shape_, build);
    for (at::Tensor& parameter : parameters_)
      parameter.add_(at::empty_like(parameter).normal_(0, 0.02, generator));
  }

  at::Tensor score(const focus::EntryArrays& arrays, const at::Tensor& level1,
                   const at::Tensor& level2) const {
    const lensnet::ContextPorts ports{one(static_cast<std::int64_t>(arrays.levels.size())),
                                      ints(arrays.levels),
                                      ints(arrays.starts),
                                      one(kBlock),
                                      one(arrays.cursor),
                                      one(arrays.rules.protected_tail)};
    const focus::ContextBatch contexts = lensnet::contexts_of(ports);
    const auto batch = std::make_shared<lensnet::Batch>();
    batch->counts = {static_cast<std::int64_t>(arrays.levels.size())};
    batch->vectors = lensnet::vectors_of(contexts[0], level1, level2);
    batch->tails.push_back(lensnet::tail_of(contexts[0], shape_.tail, level1, level2));
    batch->places.push_back(lensnet::places_of(contexts[0], shape_.tail));
    batch->levels = ports.levels.to(at::kLong);
    batch->features = lensnet::features_of(contexts);
    at::Tensor scores = (*network_)(batch).contiguous();
    focus::mask_scores(contexts[0], scores.mutable_data_ptr<float>());
    return scores;
  }

 private:
  lensnet::Shape shape_;
  std::vector<at::Tensor> parameters_;
  std::unique_ptr<lensnet::Network> network_;
};

// `blocks` blocks of the loop, each a number of seconds in `result`.
void measure_blocks(nlohmann::json& result, std::int64_t hidden, std::int64_t rows, std::int64_t blocks) {
  focus::ContextRules rules;
  rules.block = kBlock;
  rules.budget = rows;
  focus::WorkingContext context(rules);
  std::int32_t iteration = 0;
  while (context.cursor() < 4 * rows) context.append_block(++iteration);
  const std::int64_t most = context.cursor() / kBlock + blocks;
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(2);
  const at::Tensor level1 = at::empty({most, hidden}).normal_(0, 0.1, generator);
  const at::Tensor level2 = at::empty({most / kBlock, hidden}).normal_(0, 0.1, generator);
  const std::vector<std::int32_t> tokens(static_cast<std::size_t>(most * kBlock), 17);
  const Lens lens(hidden);
  lens.score(context.arrays(iteration), level1, level2);  // warms up
  std::int64_t actions = 0;
  for (std::int64_t block = 0; block < blocks; ++block) {
    at::Tensor scores;
    std::vector<focus::Edit> edits;
    focus::EntryArrays arrays;
    ++iteration;
    measure(result, "append", [&] { context.append_block(iteration); });
    measure(result, "score", [&] {
      arrays = context.arrays(iteration);
      scores = lens.score(arrays, level1, level2);
    });
    measure(result, "allocate", [&] {
      edits = gistmill::allocator::greedy(arrays.entries(), scores.const_data_ptr<float>(), {});
    });
    measure(result, "edit", [&] {
      context.apply(edits, iteration);
      focus::rows_of(context, tokens.data(), focus::Place::center);
    });
    actions += static_cast<std::int64_t>(edits.size());
  }
  result["entries"] = context.entries().size();
  result["rows"] = context.cost();
  result["actions"] = actions;
}

// 32 tokens behind a text that fills `rows` with them. What the text left is drawn and not computed: the time
// of a token is the same, whatever keys and values it meets.
void measure_decoding(nlohmann::json& result, const Model& model, std::int64_t rows) {
  const std::int64_t length = std::min(rows, model.config().context) - kBlock;
  const Batch text{at::full({1, length}, 17, at::kInt), {}, {}, {}};
  const at::Tensor like =
      at::empty({0, 2 * model.config().key_width()}, at::TensorOptions().dtype(model.dtype()));
  gistmill::decoder::Reading reading;
  reading.take(text, at::arange(length, at::kLong), 0, kBlock, model.config().layers, like);
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(3);
  for (std::int64_t layer = 0; layer < model.config().layers; ++layer)
    reading.layer(static_cast<std::size_t>(layer)).normal_(0, 0.5, generator);
  Model::Sampling sampling;
  sampling.max_tokens = 1;
  model.next_tokens(text, sampling, reading);  // warms up
  sampling.max_tokens = kBlock;
  std::size_t tokens = 0;
  measure(result, "decode", [&] { tokens = model.next_tokens(text, sampling, reading).tokens.size(); });
  result["decoded"] = tokens;
  result["read"] = length;
}

int run(char** argv) {
  gistmill::keep_freed_memory();  // as the host does
  at::set_num_threads(std::atoi(argv[3]));
  const auto file = gistmill::decoder::open_model(argv[1], {"llama"});
  const at::ScalarType dtype = std::string(argv[2]) == "bf16" ? at::kBFloat16 : at::kFloat;
  const Model model(file->config(), load_weights(file->config(), file, dtype), {}, kBlock);
  const at::NoGradGuard no_grad;
  nlohmann::json result;
  measure_decoding(result, model, std::atol(argv[4]));
  measure_blocks(result, model.config().width, std::atol(argv[4]), std::atol(argv[5]));
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gistmill::bench::program(argc, argv, "focus_block MODEL bf16|f32 THREADS ROWS BLOCKS", run);
}
