// The door of the library that serves a conversation over HTTP, which few verbs need: it links an HTTP
// server.
#pragma once

#include <memory>

#include "host/chat/chat_server.hpp"

// make_chat_server. Throws gistmill::Failure; both sides are built together.
extern "C" __attribute__((visibility("default"))) void gistmill_make_chat_server(
    const gistmill::ServerSettings* settings, std::unique_ptr<gistmill::ChatServer>* server);
