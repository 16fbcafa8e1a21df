#include "host/registry/found_plugins.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

// The reason in one line; the caller names the file.
std::string reason_of(const Failure& failure) {
  const Origin& at = failure.origin();
  return at.line == 0 ? failure.message()
                      : fmt::format("plugin.toml:{}:{}: {}", at.line, at.column, failure.message());
}

}  // namespace

FoundPlugins::FoundPlugins(const std::vector<std::filesystem::path>& libraries,
                           std::vector<Contract> contracts, PluginPolicy policy,
                           std::vector<RefusedFile> refused)
    : contracts_(std::move(contracts)), policy_(std::move(policy)), refused_(std::move(refused)) {
  for (const std::filesystem::path& library : libraries) {
    Candidate& candidate = candidates_.emplace_back();
    candidate.path = library;
    try {
      candidate.text = read_embedded_manifest(library);
    } catch (const Failure& failure) {
      candidate.refused = reason_of(failure);
    }
  }
  for (Candidate& candidate : candidates_) candidate.keys = ManifestKeys(candidate.text);
}

FoundPlugins::FoundPlugins(std::unique_ptr<PluginFile> plugin, std::vector<RefusedFile> refused)
    : refused_(std::move(refused)) {
  Candidate& candidate = candidates_.emplace_back();
  candidate.path = plugin->path;
  candidate.text = plugin->manifest.text;
  candidate.keys = ManifestKeys(candidate.text);
  candidate.file = std::move(plugin);
}

void FoundPlugins::parse(Candidate& candidate) const {
  if (candidate.is_done()) return;
  try {
    // Each value of the tree has this name twice. One this short is no allocation, and reason_of leaves it
    // out.
    const std::string source = "plugin.toml";
    candidate.file =
        std::make_unique<PluginFile>(candidate.path, parse_manifest(candidate.text, source, contracts_));
    candidate.refused = policy_.reason_against(*candidate.file);
  } catch (const Failure& failure) {
    candidate.refused = reason_of(failure);
  }
}

const PluginFile* FoundPlugins::usable(Candidate& candidate) const {
  parse(candidate);
  return candidate.refused.empty() ? candidate.file.get() : nullptr;
}

const PluginFile* FoundPlugins::offering(std::string_view component) {
  const std::lock_guard lock(mutex_);
  for (Candidate& candidate : candidates_) {
    if (!candidate.keys.may_have(component)) continue;
    const PluginFile* const file = usable(candidate);
    if (file != nullptr && file->manifest.component(component) != nullptr) return file;
  }
  return nullptr;
}

std::vector<const PluginFile*> FoundPlugins::having(const std::vector<std::string>& keys) {
  const std::lock_guard lock(mutex_);
  std::vector<const PluginFile*> files;
  for (Candidate& candidate : candidates_) {
    const auto may_have = [&](const std::string& key) { return candidate.keys.may_have(key); };
    if (!std::all_of(keys.begin(), keys.end(), may_have)) continue;
    if (const PluginFile* const file = usable(candidate)) files.push_back(file);
  }
  return files;
}

const std::vector<const PluginFile*>& FoundPlugins::all() {
  parse_all();
  return all_;
}

const std::vector<RefusedFile>& FoundPlugins::refused() {
  parse_all();
  return refused_;
}

std::size_t FoundPlugins::parsed() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(candidates_, [](const Candidate& candidate) { return candidate.is_done(); }));
}

// A manifest takes a tenth of a millisecond: several threads share the work.
void FoundPlugins::parse_all() {
  const std::lock_guard lock(mutex_);
  if (is_complete_) return;
  constexpr std::size_t kWorthAThread = 16;  // candidates
  constexpr std::size_t kMostThreads = 4;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < candidates_.size(); i = next++) parse(candidates_[i]);
  };
  std::vector<std::future<void>> others;
  const std::size_t threads = std::min<std::size_t>(
      {kMostThreads, std::thread::hardware_concurrency(), candidates_.size() / kWorthAThread});
  try {
    while (others.size() + 1 < threads) others.push_back(std::async(std::launch::async, work));
  } catch (const std::system_error&) {  // no more threads may be started: those there are do it
  }
  work();
  for (std::future<void>& other : others) other.get();
  for (Candidate& candidate : candidates_) {
    if (const PluginFile* const file = usable(candidate))
      all_.push_back(file);
    else
      refused_.push_back({candidate.path, candidate.refused});
  }
  is_complete_ = true;
}

}  // namespace gistmill
