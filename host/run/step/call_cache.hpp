// Results of calls that are kept on disk: looked up by key, made into values again, written, counted. What a
// key is made of is value_identity's, what a file looks like host/cache's. Nothing that goes wrong with a
// file ends a run: it is said once, and the call is run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/cache/entry_file.hpp"
#include "host/cache/entry_folder.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/value_identity.hpp"

namespace gistmill {

class CallCache {
 public:
  struct Counts {
    std::int64_t hits = 0;    // read from disk
    std::int64_t misses = 0;  // run, and kept where there was room
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
    double seconds_reading = 0;  // until results stand in memory
    double seconds_writing = 0;  // until the system has the bytes

    Counts& operator+=(const Counts& other);
  };

  // events outlives this; trained: as InstanceIdentities. Says what it will keep, and where.
  CallCache(const std::filesystem::path& folder, double max_gb, std::vector<TensorInstance*> trained,
            Events& events, const std::vector<std::string>& calls);

  InstanceIdentities& identities() { return identities_; }

  // The results that were kept under that key, in the order of the call's outputs. They fit the ports in
  // kind, type of object and number; shapes are the caller's to check.
  std::optional<std::vector<SlotValue>> load(const PlannedCall& call, const TensorInstance& instance,
                                             const CallKey& key);
  void store(const PlannedCall& call, const TensorInstance& instance, const CallKey& key,
             const std::vector<SlotValue>& results);
  // What load() gave is not what the call could give.
  void reject(const PlannedCall& call, const CallKey& key, const std::string& why);

  Counts counts() const;
  // {"folder", "bytes", "max_bytes", "removed", "calls": [{"call", "hits", "misses", ...}]}
  nlohmann::json to_json() const;

 private:
  void say_damaged(const std::string& text);

  Events& events_;
  EntryFolder folder_;
  InstanceIdentities identities_;
  std::map<std::string, Counts> counts_;  // by the call's name
  bool damaged_ = false;                  // an entry was, and it was said
  bool full_ = false;                     // said; nothing more is written
  bool writable_ = true;                  // false once a write failed, and it was said
};

// Throws Failure (ExitCode::recipe) where a result of the call cannot be kept: an object that its instance
// has no codec for, or an instance that reads files but does not identify their contents.
void check_cached(const PlannedCall& call, const TensorInstance& instance);

}  // namespace gistmill
