#include "host/prepare/kept_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "host/diagnostic/failure.hpp"
#include "host/files/text_file.hpp"
#include "host/instance/instance_state.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// Each costs a sync of what the store was given.
constexpr std::chrono::seconds kSaveEvery(10);

bool can_go_on(const Preparation& made, const PlannedPipeline& pipeline) {
  return has_state(*made.store) && std::ranges::all_of(pipeline.calls, [&](const PlannedCall& call) {
           return call.operation->effect != Effect::stateful || has_state(*made.instances[call.instance]);
         });
}

// ".cache-0123.h5.progress" beside the file.
fs::path progress_beside(const fs::path& file) {
  return file.parent_path() / fmt::format(".{}.progress", file.filename().string());
}

nlohmann::json read_progress(const fs::path& path) {
  const std::optional<std::string> bytes = read_text_file_if_there(path);
  return bytes ? nlohmann::json::from_cbor(*bytes, true, false) : nlohmann::json();
}

struct Progress {
  std::uint64_t done = 0;
  std::map<std::string, std::string> states;  // by instance
};

// Nothing where it is not of this identity, or not readable.
std::optional<Progress> progress_of(const nlohmann::json& read, const std::string& identity) {
  try {
    if (read.at("identity") != identity) return std::nullopt;
    Progress progress;
    progress.done = read.at("done");
    for (const auto& [name, bytes] : read.at("states").items()) {
      const auto& state = bytes.get_binary();
      progress.states[name].assign(state.begin(), state.end());
    }
    return progress;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

KeptProgress::KeptProgress(const Preparation& made, const PlannedPipeline& pipeline, const fs::path& file,
                           std::string identity)
    : made_(made),
      path_(progress_beside(file)),
      identity_(std::move(identity)),
      possible_(can_go_on(made, pipeline)) {}

std::uint64_t KeptProgress::load(const PrepareListener& listener) {
  if (!possible_) return 0;
  const std::optional<Progress> kept = progress_of(read_progress(path_), identity_);
  if (!kept || !kept->states.contains(made_.store->name())) return 0;
  try {  // the store first: of all states, what it was given is what may be lost
    load_state(*made_.store, kept->states.at(made_.store->name()));
  } catch (const Failure& failure) {
    listener.message(
        "warning",
        fmt::format("what was kept of an earlier preparation cannot be used, and it begins anew: {}",
                    failure.message()));
    remove();
    return 0;
  }
  for (const auto& instance : made_.owned) {
    const auto state = kept->states.find(instance->name());
    if (instance.get() != made_.store && state != kept->states.end()) load_state(*instance, state->second);
  }
  saved_ = kept->done;
  return kept->done;
}

bool KeptProgress::due() const { return possible_ && Clock::now() - saved_at_ >= kSaveEvery; }

void KeptProgress::save(std::uint64_t done) {
  if (!possible_) return;
  nlohmann::json states = nlohmann::json::object();
  for (const auto& instance : made_.owned) {
    if (!has_state(*instance)) continue;
    const std::string bytes = save_state(*instance);
    states[instance->name()] = nlohmann::json::binary({bytes.begin(), bytes.end()});
  }
  const std::vector<std::uint8_t> cbor =
      nlohmann::json::to_cbor({{"identity", identity_}, {"done", done}, {"states", std::move(states)}});
  write_file_atomically(path_, {reinterpret_cast<const char*>(cbor.data()), cbor.size()});
  saved_ = done;
  saved_at_ = Clock::now();
}

void KeptProgress::remove() {
  std::error_code error;
  fs::remove(path_, error);
  saved_ = 0;
}

}  // namespace gistmill
