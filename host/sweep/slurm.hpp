// A sweep as one Slurm array job: what its tasks ask for, its script, its submission and its end. Each task
// is a worker; who runs which point is the ledger's business, not Slurm's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/recipe/value.hpp"

namespace gistmill {

// [sweep.slurm]: what each task asks Slurm for. Empty or 0: Slurm's own default.
struct SlurmSettings {
  std::string partition;
  std::string time;    // as sbatch takes it: "2:00:00"
  std::string memory;  // "16G"
  std::int64_t cpus = 0;
  std::int64_t save_seconds = 120;   // before the time limit at which a trial is told to save
  std::vector<std::string> options;  // of sbatch, any others: "--gres=gpu:1"
};

// Reads the table. Throws Failure (ExitCode::recipe).
SlurmSettings read_slurm_settings(const Value& table);

struct SlurmJob {
  std::filesystem::path program;         // gistmill
  std::filesystem::path folder;          // of the sweep
  std::filesystem::path working_folder;  // that the sweep was begun in
  std::int64_t tasks = 1;
  SlurmSettings settings;
};

// The batch script. A task that saved before its time was over asks to be queued again; one that was canceled
// does not, though its worker ends the same way.
std::string slurm_script(const SlurmJob& job);

// Throws Failure where there is no sbatch in PATH: before anything is frozen.
void require_slurm();

// Writes the script into the sweep's folder and submits it. The job's id. Throws Failure with what sbatch
// said.
std::string submit(const SlurmJob& job);

// Takes the tasks out of Slurm's queue that have not started; those that run end with their points. False
// where scancel cannot be asked or refuses.
bool cancel_waiting_tasks(const std::string& job);

}  // namespace gistmill
