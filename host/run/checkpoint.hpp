// One checkpoint: a folder that appears whole or not at all.
//   parameters.safetensors   parameters and buffers of what trains, "gist.head.weight"
//   optimizer.safetensors    the optimizer's buffers
//   <instance>.state         state of each stateful instance
//   checkpoint.json          what it is, and the SHA-256 of every other file; written last
// Which checkpoints are kept is run_folder.hpp's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/run/step/tensor_instance.hpp"

namespace gistmill {

struct CheckpointInfo {
  std::string stage;
  std::int64_t step = 0;
  std::int64_t items = 0;  // trained on so far
  double seconds = 0;      // spent so far
  // That run.minutes allows, or at which a monitor ended the stage, once it is known; 0: not known, or no
  // bound.
  std::int64_t fitted_steps = 0;
  bool finished = false;             // the stage is done
  std::string best_figure;           // of the evaluation that chooses the best
  std::optional<double> best_value;  // least so far
  std::int64_t best_step = 0;        // 0: none is marked
  std::int64_t updates = 0;  // that the parameters have seen: less than steps where monitors left some out
  double learning_rate_factor = 1;  // by which monitors scaled it so far
  std::int64_t good_step = 0;  // of the last checkpoint that was due, which a monitor may rewind to; 0: none
  std::int64_t evaluations_due =
      0;                   // of this step: the last so many of the recipe's; a stop came before them
  std::int64_t ranks = 1;  // that computed the last steps
  bool ends_run = false;   // a monitor ended the run with this stage
  std::string identity;    // of the resolved recipe: a checkpoint of another recipe is refused
  std::map<std::string, std::string> uses;    // instance -> component, of what has parameters
  std::map<std::string, std::string> starts;  // instance -> "stage refine, step 190", of what that trained
};

// Writes `folder`, whose parent exists. `trained` have their parameters saved, `optimizer` may be null,
// `stateful` their state. Throws Failure; then nothing is left behind.
void save_checkpoint(const std::filesystem::path& folder, const CheckpointInfo& info,
                     const std::vector<TensorInstance*>& trained, TensorInstance* optimizer,
                     const std::vector<TensorInstance*>& stateful);

// Reads checkpoint.json and checks every digest. Throws Failure naming the file that differs.
CheckpointInfo verify_checkpoint(const std::filesystem::path& folder);

// Copies the saved values into the instances' own memory. Every parameter must be there, in its shape and
// dtype, and nothing beside. Throws Failure saying which differs; then nothing was changed.
void load_checkpoint(const std::filesystem::path& folder, const std::vector<TensorInstance*>& trained,
                     TensorInstance* optimizer, const std::vector<TensorInstance*>& stateful);

// Of the values of all parameters, in their order.
std::string parameter_digest(const std::vector<TensorInstance*>& instances);

// Parts of the same.
void load_optimizer(const std::filesystem::path& folder, TensorInstance& optimizer);
void load_states(const std::filesystem::path& folder, const std::vector<TensorInstance*>& stateful);

// The parameters of one instance from a checkpoint folder or a safetensors file, where they are named
// "<saved_name>.<parameter>" or plainly "<parameter>".
void load_parameters(const std::filesystem::path& path, const std::string& saved_name,
                     TensorInstance& instance);

}  // namespace gistmill
