// See rank_threads.hpp.
#include "host/run/rank_threads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "host/machine/threads.hpp"

namespace gistmill {
namespace {

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::vector<Cores> cores_of_all(Ranks& ranks) {
  const Cores own = allowed_cores();
  std::vector<Cores> all;
  for (const std::string& text :
       ranks.gather_texts(nlohmann::json{{"machine", own.machine}, {"cores", own.cores}}.dump())) {
    const nlohmann::json json = nlohmann::json::parse(text);
    all.push_back({json.at("machine"), json.at("cores").get<std::vector<std::string>>()});
  }
  return all;
}

}  // namespace

RankThreads rank_threads(Ranks& ranks, std::int64_t asked) {
  if (ranks.alone()) return {static_cast<int>(asked), ""};
  const std::vector<Cores> all = cores_of_all(ranks);
  const auto own = static_cast<std::size_t>(ranks.rank());
  const int wanted = asked > 0 ? static_cast<int>(asked) : share_of_cores(all, own);
  int least = wanted;
  for (const std::vector<double>& threads : ranks.gather_numbers({static_cast<double>(wanted)}))
    least = std::min(least, static_cast<int>(threads[0]));
  std::set<std::string> machines, cores;
  for (const Cores& each : all) {
    machines.insert(each.machine);
    for (const std::string& core : each.cores) cores.insert(each.machine + " " + core);
  }
  std::string text =
      fmt::format("{} by {} on {}, {} each, {} in all", count(all.size(), "rank"), ranks.joined_by(),
                  count(machines.size(), "machine"), count(static_cast<std::size_t>(least), "thread"),
                  count(cores.size(), "core"));
  if (all.size() * static_cast<std::size_t>(least) > cores.size()) text += ": more threads than cores";
  return {least, std::move(text)};
}

}  // namespace gistmill
