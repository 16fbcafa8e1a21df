// The ledger of a sweep: which points there are and how far each is. One SQLite file, one transaction a
// change, so that any process may be killed at any moment. Who runs a point holds its lock (trial.hpp), which
// the system releases with the last process that has it; the ledger alone never says that a process lives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/sweep/database.hpp"
#include "host/sweep/frozen_point.hpp"

namespace gistmill {

enum class PointState { queued, running, done, failed, canceled };
std::string_view state_name(PointState state);

struct LedgerPoint {
  std::string id;
  Settings settings;
  PointState state = PointState::queued;
  std::string prefix;         // FrozenPoint::prefix
  std::int64_t attempts = 0;  // times that a process began it
  std::int64_t deaths = 0;    // times that its process was killed from outside while nobody killed the worker
  double seconds = 0;         // of the attempt that ended it
  std::string error;          // of a failed one: message and notes
  std::int64_t exit_code = 0;
};

// An array job whose tasks are workers of the sweep.
struct SlurmJobRecord {
  std::string job;  // Slurm's id
  std::int64_t tasks = 0;
};

struct StudyRecord {
  std::string path;            // of the study's file, for people
  std::string identity;        // of its axes and points: a folder holds one study
  std::string working_folder;  // paths in options are relative to it
  std::string headline;
  std::string variant;
  bool stops_on_failure = false;
  std::vector<std::filesystem::path> plugin_folders;  // that every trial is told, absolute
};

// Which points go back to the queue.
enum class Retried { failed, failed_and_canceled };

class Ledger {
 public:
  // Opens the ledger in `folder`, made where there is none. Throws Failure where a newer version wrote it.
  explicit Ledger(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  static std::filesystem::path file_in(const std::filesystem::path& folder);

  std::optional<StudyRecord> study() const;  // none: the ledger is new
  // Records the study and its points at once; points that are known already stay as they are.
  void begin(const StudyRecord& study, const std::vector<FrozenPoint>& points);

  std::vector<LedgerPoint> points() const;  // in the study's order
  std::optional<LedgerPoint> point(const std::string& id) const;
  std::string recipe(const std::string& id) const;  // FrozenPoint::recipe

  // Queued points in the order in which they should run: of points that share cached calls one runs first,
  // and the others when it is done.
  std::vector<std::string> ready() const;
  std::vector<std::string> running() const;
  bool has_open() const;  // queued or running ones
  // Where the point is the one that fills the cache for others: how many points can run before any cache is
  // filled. Else 0. What the study says, whatever has run: a point gets the same answer each time.
  std::int64_t first_ones(const std::string& id) const;
  bool has_failed() const;

  // Takes a point for a process that holds its lock. False where it has ended meanwhile.
  bool start(const std::string& id);
  void finish(const std::string& id, double seconds);
  void fail(const std::string& id, double seconds, std::int64_t exit_code, const std::string& error);
  void put_back(const std::string& id, bool died);  // to the queue

  std::int64_t retry(Retried which);  // back to the queue; how many
  std::int64_t cancel();              // queued ones; how many

  void add_slurm_job(const SlurmJobRecord& job);
  std::vector<SlurmJobRecord> slurm_jobs() const;  // in the order of their submission

 private:
  std::filesystem::path folder_;
  mutable Database database_;
};

}  // namespace gistmill
