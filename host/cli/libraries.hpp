// The parts of the program that are loaded when a verb needs them: the library that computes, with LibTorch,
// those that fetch corpora and that serve a conversation over HTTP.
#pragma once

#include <memory>

#include "host/chat/chat_server_door.hpp"
#include "host/corpora/fetch_door.hpp"
#include "host/run/chat_door.hpp"
#include "host/run/compression_plan_door.hpp"
#include "host/run/library.hpp"

namespace gistmill {

// All throw Failure, also where the library cannot be loaded. Main thread.
void run_in_library(const RunRequest& request, RunOutcome& outcome);
void plan_compression_in_library(const CompressionPlanRequest& request, RunOutcome& outcome);
void chat_in_library(const ChatRequest& request);
// Loads it, and gives a probe of LibTorch's state for add_state_probe.
void (*torch_state_of_library())(GlobalState* state);

LocalCorpus fetch_corpus_in_library(const CatalogCorpus& corpus, const FetchSettings& settings);

std::unique_ptr<ChatServer> chat_server_of_library(const ServerSettings& settings);

}  // namespace gistmill
