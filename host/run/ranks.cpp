// See ranks.hpp.
#include "host/run/ranks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "host/instance/call_watch.hpp"
#include "host/instance/plugin_host.hpp"

namespace gistmill {
namespace {

// How long a rank lets rank 0 say a failure that all may have.
constexpr auto kOthersSpeak = std::chrono::seconds(2);
// The same where a rank has ended, which the launcher soon answers by ending all: the first who sees it says
// it.
constexpr auto kNextSpeaks = std::chrono::milliseconds(100);

const ComponentSpec* component_for(const std::string& contract, const Registry& registry) {
  for (const auto& plugin : registry.plugins()) {
    for (const ComponentSpec& component : plugin->manifest.components) {
      if (component.stands_for(contract)) return &component;
    }
  }
  return nullptr;
}

std::string text_of(const Failure& failure) {
  return nlohmann::json{{"code", static_cast<int>(failure.code())},
                        {"file", failure.origin().file},
                        {"line", failure.origin().line},
                        {"column", failure.origin().column},
                        {"message", failure.message()},
                        {"notes", failure.notes()}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

SharedFailure failure_of(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  return {static_cast<ExitCode>(json.at("code").get<int>()),
          Origin{json.at("file"), json.at("line"), json.at("column")}, json.at("message").get<std::string>(),
          json.at("notes").get<std::vector<std::string>>()};
}

}  // namespace

Ranks::Ranks(const Launch& launch, Registry& registry) {
  if (!launch.several()) return;
  const std::string alone =
      "where each process is to be a run of its own, set GISTMILL_RANKS=off and give each its "
      "own --folder";
  const ComponentSpec* spec = component_for(launch.contract, registry);
  if (spec == nullptr) {
    throw Failure(
        ExitCode::plugin,
        fmt::format("{} started {} processes of this run, and no plugin is there that joins them",
                    launch.launcher, launch.size),
        {fmt::format("install a plugin with a component of contract '{}' (docs/ranks.md)", launch.contract),
         alone});
  }
  PlannedInstance planned;
  planned.name = spec->role;
  planned.spec = spec;
  instance_ = std::make_unique<Instance>(planned, registry.load(spec->name, plugin_host()), plugin_host());
  collective_ = instance_->extension<gm_collective_extension>(GM_COLLECTIVE_EXTENSION);
  if (collective_ == nullptr) {
    throw Failure(ExitCode::plugin, fmt::format("{} fulfils the contract '{}' and does not offer {}",
                                                spec->name, launch.contract, GM_COLLECTIVE_EXTENSION));
  }
  instance_->start({}, 0);
  rank_ = static_cast<int>(collective_->rank(instance_->handle()));
  size_ = static_cast<int>(collective_->size(instance_->handle()));
  joined_by_ = spec->name;
  if (size_ == launch.size) return;
  throw Failure(
      ExitCode::failed,
      fmt::format("{} started {} processes of this run, but {} joins {}", launch.launcher, launch.size,
                  spec->name, size_),
      {"the launcher must belong to the library that the plugin was built with (docs/ranks.md)", alone});
}

Ranks::~Ranks() {
  // Its end would wait for ranks that may be gone; the process ends soon.
  [[maybe_unused]] const Instance* const kept = instance_.release();
}

void Ranks::leave() { instance_.reset(); }

void Ranks::check(gm_status status, const Instance::ErrorSink& sink) {
  if (status == GM_OK) return;
  broken_ = true;
  if (status == GM_CANCELED) throw Failure(ExitCode::interrupted, sink.message());
  throw Failure(ExitCode::failed, sink.message(),
                {"the same command with --resume goes on from the last checkpoint"});
}

void Ranks::sum(float* numbers, std::size_t count) {
  if (alone()) return;
  Instance::ErrorSink sink;
  const gm_status status =
      collective_->all_reduce_sum(instance_->handle(), numbers, count, cancel_flag(), sink.get());
  check(status, sink);
}

void Ranks::gather_bytes(const void* mine, std::size_t size, void* all) {
  Instance::ErrorSink sink;
  const gm_status status =
      collective_->all_gather(instance_->handle(), mine, size, all, cancel_flag(), sink.get());
  check(status, sink);
}

void Ranks::broadcast(void* bytes, std::size_t size) {
  Instance::ErrorSink sink;
  const gm_status status =
      collective_->broadcast(instance_->handle(), bytes, size, cancel_flag(), sink.get());
  check(status, sink);
}

std::vector<std::vector<double>> Ranks::gather_numbers(const std::vector<double>& mine) {
  if (alone()) return {mine};
  std::vector<double> all(mine.size() * static_cast<std::size_t>(size_));
  gather_bytes(mine.data(), mine.size() * sizeof(double), all.data());
  std::vector<std::vector<double>> lists;
  for (auto begin = all.begin(); lists.size() < static_cast<std::size_t>(size_);
       begin += static_cast<std::ptrdiff_t>(mine.size()))
    lists.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(mine.size()));
  return lists;
}

std::vector<std::string> Ranks::gather_texts(const std::string& mine) {
  if (alone()) return {mine};
  std::vector<std::uint64_t> sizes(static_cast<std::size_t>(size_));
  const std::uint64_t own = mine.size();
  gather_bytes(&own, sizeof(own), sizes.data());
  const std::uint64_t longest = *std::ranges::max_element(sizes);
  std::string padded = mine;
  padded.resize(longest);
  std::string all(longest * sizes.size(), '\0');
  gather_bytes(padded.data(), longest, all.data());
  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < sizes.size(); ++rank)
    texts.push_back(all.substr(rank * longest, sizes[rank]));
  return texts;
}

double Ranks::of_first(double mine) {
  if (!alone()) broadcast(&mine, sizeof(mine));
  return mine;
}

std::string Ranks::from_first(const std::function<std::string()>& make) {
  if (alone()) return make();
  struct Head {
    std::uint64_t size = 0;
    std::uint64_t failed = 0;
  } head;
  std::string text;
  if (first()) {
    try {
      text = make();
    } catch (const Failure& failure) {
      text = text_of(failure);
      head.failed = 1;
    }
    head.size = text.size();
  }
  broadcast(&head, sizeof(head));
  text.resize(head.size);
  if (head.size > 0) broadcast(text.data(), text.size());
  if (head.failed != 0) throw failure_of(text);
  return text;
}

void Ranks::let_others_speak() const {
  if (first()) return;
  std::this_thread::sleep_for(broken_ ? std::min<std::chrono::milliseconds>(rank_ * kNextSpeaks, kOthersSpeak)
                                      : std::chrono::milliseconds(kOthersSpeak));
}

void Ranks::end_all(const Failure& failure, const std::function<void(const Failure&)>& tell) {
  let_others_speak();
  if (tell) {
    tell(first() ? failure
                 : Failure(failure.code(), failure.origin(),
                           fmt::format("rank {}: {}", rank_, failure.message()), failure.notes()));
  }
  std::fflush(nullptr);
  collective_->abort(instance_->handle(), static_cast<int>(failure.code()));
  std::abort();
}

void Ranks::end_all(ExitCode code) {
  let_others_speak();
  std::fflush(nullptr);
  collective_->abort(instance_->handle(), static_cast<int>(code));
  std::abort();
}

}  // namespace gistmill
