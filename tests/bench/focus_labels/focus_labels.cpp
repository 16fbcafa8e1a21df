// The labels of one working context in two forms: as branches of the context, and as a pass over each edited
// context, both of the same swaps in turns. Prints one line of JSON: seconds of each form and of the context
// alone, how many swaps there are and were measured, rows, and the losses of both forms. The texts go to FILE
// for tests/bench/peers/focus_labels.py, which does the same in transformers.
//
//   focus_labels MODEL bf16|f32 THREADS BLOCKS OPEN HORIZON SAMPLE ROUNDS FILE
//
// A history of BLOCKS blocks of 32 tokens, OPEN of which stand as tokens, the others as gists (means of their
// tokens' embeddings). SAMPLE of the legal swaps; 0: all.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "host/machine/memory.hpp"
#include "plugins/teacher/decoder/files/model_file.hpp"
#include "plugins/teacher/decoder/model.hpp"
#include "tests/bench/common/program.hpp"
#include "tests/bench/focus_labels/snapshot.hpp"

namespace {

using gistmill::bench::Snapshot;
using gistmill::decoder::Batch;
using gistmill::decoder::BranchScores;
using gistmill::decoder::Continuation;
using gistmill::decoder::Edits;
using gistmill::decoder::Model;

constexpr std::int64_t kBranchRows = 4096;  // as the teacher's option by default

at::Tensor ints(const std::vector<std::int32_t>& values) { return at::tensor(values, at::kInt); }

// One text of rows, each a position, a token or -1, and the level and first token of a gist.
Batch batch_of(const Model& model, const Snapshot& snapshot, const nlohmann::json& rows) {
  std::vector<std::int32_t> ids, positions, places;
  std::vector<at::Tensor> gists;
  const at::Tensor table = model.weights().embedding;
  const at::Tensor tokens = ints(snapshot.tokens).to(at::kLong);
  for (const auto& row : rows) {
    const auto token = row[1].get<std::int32_t>();
    positions.push_back(row[0]);
    ids.push_back(std::max(token, 0));
    if (token >= 0) continue;
    places.push_back(static_cast<std::int32_t>(ids.size()) - 1);
    const std::int64_t width = row[2] == 2 ? snapshot.block * snapshot.block : snapshot.block;
    gists.push_back(
        table.index_select(0, tokens.narrow(0, row[3].get<std::int64_t>(), width)).to(at::kFloat).mean(0));
  }
  Batch batch{ints(ids).unsqueeze(0), {}, ints(positions).unsqueeze(0), {}};
  const std::int64_t width = model.config().width;
  batch.gist = gists.empty() ? at::empty({1, 0, width}) : at::stack(gists).unsqueeze(0);
  batch.gist_places = ints(places).unsqueeze(0);
  return batch;
}

// What the swaps put in, one behind the other, as rows.
nlohmann::json added_rows(const gistmill::focus::Candidates& swaps) {
  nlohmann::json rows = nlohmann::json::array();
  std::size_t gist = 0;
  for (std::size_t i = 0; i < swaps.token.size(); ++i) {
    const bool is_gist = swaps.token[i] < 0;
    rows.push_back({swaps.position[i], swaps.token[i], is_gist ? swaps.gist_level[gist] : 0,
                    is_gist ? swaps.gist_start[gist] : 0});
    if (is_gist) ++gist;
  }
  return rows;
}

// Adds seconds by the clock to `form`_seconds, and those of all processors to `form`_cpu_seconds, which say
// something of a busy machine too.
template <class Work>
void measure(nlohmann::json& result, const std::string& form, Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t before = std::clock();
  work();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  result[form + "_seconds"].push_back(passed.count());
  result[form + "_cpu_seconds"].push_back(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
}

int run(char** argv) {
  gistmill::keep_freed_memory();  // as the host does
  at::set_num_threads(std::atoi(argv[3]));
  const auto file = gistmill::decoder::open_model(argv[1], {"llama"});
  const at::ScalarType dtype = std::string(argv[2]) == "bf16" ? at::kBFloat16 : at::kFloat;
  const Model model(file->config(), load_weights(file->config(), file, dtype), {}, 32);
  const Snapshot snapshot = gistmill::bench::make_snapshot(std::atol(argv[4]), std::atol(argv[5]),
                                                           std::atol(argv[6]), std::atol(argv[7]));
  const nlohmann::json texts = to_json(snapshot);
  std::ofstream(argv[9]) << texts;
  const at::NoGradGuard no_grad;
  const Batch text = batch_of(model, snapshot, texts["texts"][0]);
  const Edits edits{ints(snapshot.swaps.first), ints(snapshot.swaps.removed), ints(snapshot.swaps.added),
                    batch_of(model, snapshot, added_rows(snapshot.swaps))};
  const at::Tensor none = ints({});
  const Edits nothing{none, none, none, batch_of(model, snapshot, nlohmann::json::array())};
  Continuation next{ints(snapshot.following), at::ones({std::atol(argv[6])}),
                    static_cast<std::int64_t>(snapshot.tokens.size())};
  std::vector<Batch> edited;
  for (std::size_t i = 1; i < texts["texts"].size(); ++i)
    edited.push_back(batch_of(model, snapshot, texts["texts"][i]));

  nlohmann::json result{{"legal", snapshot.legal},
                        {"swaps", edited.size()},
                        {"entries", snapshot.entries.size()},
                        {"rows", snapshot.rows.token.size()}};
  BranchScores branches;
  std::vector<float> plain(edited.size());
  model.branches(text, nothing, next, kBranchRows);  // warms up
  for (int round = 0; round < std::atoi(argv[8]); ++round) {
    measure(result, "context", [&] { model.branches(text, nothing, next, kBranchRows); });
    measure(result, "branch", [&] { branches = model.branches(text, edits, next, kBranchRows); });
    measure(result, "plain", [&] {
      for (std::size_t i = 0; i < edited.size(); ++i)
        plain[i] = model.follow(edited[i], next).first.item<float>();
    });
  }
  const at::Tensor found = branches.nll.contiguous();
  result["branch_nll"] =
      std::vector<float>(found.const_data_ptr<float>(), found.const_data_ptr<float>() + found.numel());
  result["plain_nll"] = plain;
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return gistmill::bench::program(
      argc, argv, "focus_labels MODEL bf16|f32 THREADS BLOCKS OPEN HORIZON SAMPLE ROUNDS FILE", run);
}
