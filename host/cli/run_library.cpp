#include <vector>  // before Boost.DLL, which needs it and forgets to include it

#define BOOST_DLL_USE_STD_FS

#include <boost/dll/shared_library.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>

#include "host/cli/run_library.hpp"
#include "host/installation/folders.hpp"
#include "host/installation/libtorch.hpp"
#include "host/installation/linker_message.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;

// A function that the library exports. It is never unloaded: tensors and plugins live until the process ends.
template <class Function>
Function* door_of_library(const char* name) {
  const fs::path path = program_folders().run_library;
  load_libtorch();
  static auto* const library = new boost::dll::shared_library;  // whose end would unload it
  std::string reason;
  try {
    library->load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    return &library->get<Function>(name);
  } catch (const std::exception& error) {
    reason = linker_message(error);
  }
  std::vector<std::string> advice = {"install gistmill again, or build it with LibTorch (GISTMILL_TORCH=ON)"};
  if (fs::exists(path)) {
    if (std::vector<std::string> torch = libtorch_advice(); !torch.empty()) advice = std::move(torch);
  }
  throw Failure(ExitCode::failed, fmt::format("the run library cannot be loaded: {}", reason),
                std::move(advice));
}

}  // namespace

void run_in_library(const RunRequest& request, RunOutcome& outcome) {
  door_of_library<decltype(gistmill_run_verb)>("gistmill_run_verb")(&request, &outcome);
}

void plan_compression_in_library(const CompressionPlanRequest& request, RunOutcome& outcome) {
  door_of_library<decltype(gistmill_plan_compression)>("gistmill_plan_compression")(&request, &outcome);
}

void chat_in_library(const ChatRequest& request) {
  door_of_library<decltype(gistmill_chat)>("gistmill_chat")(&request);
}

void (*torch_state_of_library())(GlobalState* state) {
  return door_of_library<decltype(gistmill_read_torch_state)>("gistmill_read_torch_state");
}

}  // namespace gistmill
