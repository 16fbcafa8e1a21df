#include "host/cli/libraries.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "host/installation/folders.hpp"
#include "host/installation/library_on_demand.hpp"
#include "host/installation/libtorch.hpp"

namespace gistmill {

namespace {

std::vector<std::string> advice_on_run_library() {
  if (std::filesystem::exists(program_folders().library("run"))) {
    if (std::vector<std::string> torch = libtorch_advice(); !torch.empty()) return torch;
  }
  return {"install gistmill again, or build it with LibTorch (GISTMILL_TORCH=ON)"};
}

template <class Function>
Function* door_of_run_library(const char* name) {
  load_libtorch();
  return door<Function>("run", name, advice_on_run_library);
}

}  // namespace

void run_in_library(const RunRequest& request, RunOutcome& outcome) {
  door_of_run_library<decltype(gistmill_run_verb)>("gistmill_run_verb")(&request, &outcome);
}

void plan_compression_in_library(const CompressionPlanRequest& request, RunOutcome& outcome) {
  door_of_run_library<decltype(gistmill_plan_compression)>("gistmill_plan_compression")(&request, &outcome);
}

void chat_in_library(const ChatRequest& request) {
  door_of_run_library<decltype(gistmill_chat)>("gistmill_chat")(&request);
}

void (*torch_state_of_library())(GlobalState* state) {
  return door_of_run_library<decltype(gistmill_read_torch_state)>("gistmill_read_torch_state");
}

LocalCorpus fetch_corpus_in_library(const CatalogCorpus& corpus, const FetchSettings& settings) {
  LocalCorpus local;
  door<decltype(gistmill_fetch_corpus)>("fetch", "gistmill_fetch_corpus")(&corpus, &settings, &local);
  return local;
}

std::unique_ptr<ChatServer> chat_server_of_library(const ServerSettings& settings) {
  std::unique_ptr<ChatServer> server;
  door<decltype(gistmill_make_chat_server)>("chat-server", "gistmill_make_chat_server")(&settings, &server);
  return server;
}

}  // namespace gistmill
