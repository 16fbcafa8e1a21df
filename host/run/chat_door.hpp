// The second door of this library, beside library.hpp: the components of a run or a recipe as the model of a
// conversation. What is said, and where it is shown, is the caller's.
#pragma once

#include <functional>

#include "host/chat/chat_model.hpp"
#include "host/run/library.hpp"

namespace gistmill {

struct ChatRequest {
  // recipe: the folder of a run, or a recipe, which has trained nothing. overrides, plugin_folders and talk
  // count.
  RunRequest run;
  std::function<void(ChatModel&)> converse;  // holds the conversation
};

}  // namespace gistmill

// Makes the components and calls `converse` once. Throws gistmill::Failure; both sides are built together.
// Main thread.
extern "C" __attribute__((visibility("default"))) void gistmill_chat(const gistmill::ChatRequest* request);
