// Names and keeps checkpoints; see run_folder.hpp.
#include "host/run/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace fs = std::filesystem;

CheckpointFolder::CheckpointFolder(const fs::path& run_folder, const std::string& stage, Ranks* ranks)
    : folder_(stage.empty() ? run_folder / "checkpoints" : run_folder / "checkpoints" / stage),
      ranks_(ranks) {}

fs::path CheckpointFolder::from_first(const std::function<fs::path()>& find) const {
  if (ranks_ == nullptr) return find();
  return ranks_->from_first([&] { return find().string(); });
}

fs::path CheckpointFolder::path_of(std::int64_t step) const {
  return folder_ / fmt::format("step-{:06}", step);
}

std::vector<std::pair<std::int64_t, fs::path>> CheckpointFolder::all() const {
  std::vector<std::pair<std::int64_t, fs::path>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("step-", 0) != 0) continue;
    std::int64_t step = 0;
    const char* end = name.data() + name.size();
    if (const auto [rest, code] = std::from_chars(name.data() + 5, end, step);
        code == std::errc() && rest == end) {
      found.emplace_back(step, entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<std::pair<fs::path, CheckpointInfo>> CheckpointFolder::latest(
    const std::function<void(const std::string&)>& skipped) const {
  auto found = all();
  for (auto checkpoint = found.rbegin(); checkpoint != found.rend(); ++checkpoint) {
    try {
      return std::make_pair(checkpoint->second, verify_checkpoint(checkpoint->second));
    } catch (const Failure& failure) {
      skipped(fmt::format("checkpoint left out: {}", failure.message()));
    }
  }
  return std::nullopt;
}

std::pair<fs::path, CheckpointInfo> CheckpointFolder::latest_or_refuse() const {
  std::string reason;
  auto found = latest([&](const std::string& skipped) { reason = skipped; });
  if (found) return *std::move(found);
  if (reason.empty())
    throw Failure(ExitCode::failed, fmt::format("no checkpoint in {}", folder_.string()),
                  {"train it with gistmill run, with --resume where it was stopped, or name the folder of "
                   "another run"});
  throw Failure(ExitCode::failed, fmt::format("no checkpoint in {} can be read", folder_.string()),
                {reason, kStartOver});
}

fs::path CheckpointFolder::last() const {
  return from_first([&] { return latest_or_refuse().first; });
}

fs::path CheckpointFolder::best_or_latest() const {
  return from_first([&] {
    const auto [path, info] = latest_or_refuse();
    const fs::path best = path_of(info.best_step);
    return info.best_step > 0 && fs::exists(best / "checkpoint.json") ? best : path;
  });
}

void CheckpointFolder::prune(std::int64_t keep, std::initializer_list<std::int64_t> other_steps) const {
  auto found = all();
  const auto last = static_cast<std::int64_t>(found.size()) - std::max<std::int64_t>(keep, 1);
  std::error_code ignored;
  for (std::int64_t i = 0; i < last; ++i) {
    const auto& [step, path] = found[static_cast<std::size_t>(i)];
    if (std::ranges::find(other_steps, step) == other_steps.end()) fs::remove_all(path, ignored);
  }
}

}  // namespace gistmill
