// See launch.hpp.
#include "host/registry/launch.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

constexpr const char* kSwitch = "GISTMILL_RANKS";

bool is_set(const std::string& variable) { return std::getenv(variable.c_str()) != nullptr; }

// "" where it is not set.
std::string text_of(const std::string& variable) {
  const char* text = std::getenv(variable.c_str());
  return text != nullptr ? text : "";
}

int number_of(const std::string& variable, int least) {
  const std::string text = text_of(variable);
  int number = -1;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end && number >= least) return number;
  throw Failure(
      ExitCode::usage,
      fmt::format("the environment variable {} is '{}' when a launcher of several processes sets it to a "
                  "number from {}",
                  variable, text, least),
      {fmt::format("unset it, or set {}=off to run without other processes", kSwitch)});
}

}  // namespace

Launch launch_of_process(const std::vector<Contract>& contracts) {
  if (const char* said = std::getenv(kSwitch); said != nullptr && std::strcmp(said, "off") == 0) return {};
  for (const Contract& contract : contracts) {
    for (const Launcher& launcher : contract.launchers) {
      if (!is_set(launcher.rank) || !is_set(launcher.size)) continue;
      Launch launch{contract.name, launcher.name, number_of(launcher.rank, 0), number_of(launcher.size, 1)};
      if (launch.rank >= launch.size) {
        throw Failure(ExitCode::usage, fmt::format("{} is {} when {} says that there are {} processes",
                                                   launcher.rank, launch.rank, launcher.size, launch.size));
      }
      if (!launch.several()) launch.contract.clear();
      return launch;
    }
  }
  return {};
}

}  // namespace gistmill
