// The page of a conversation: what stands open in the working context, live, and a box to talk in. One
// document, with all that it needs; it asks /context again and again, and talks to /v1/chat/completions.
#pragma once

#include <string>

namespace gistmill {

const std::string& chat_page();

}  // namespace gistmill
