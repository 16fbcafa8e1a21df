// A conversation over HTTP: OpenAI's chat completions, and a page that shows the working context live.
// Requests come on threads of their own and wait in a line; the model is asked on the thread that serves, one
// request at a time. No path of a request is a path of a file: the page is in the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "host/chat/address.hpp"
#include "host/chat/conversation.hpp"

namespace gistmill {

struct ServerSettings {
  Address address;
  std::string model;                              // what requests call it
  Sampling sampling;                              // where a request does not say
  std::size_t most_bytes = std::size_t{4} << 20;  // of a request's body
  std::size_t most_waiting = 16;                  // requests in line; more are refused
  int read_seconds = 10;                          // that a client may take to send
};

class ChatServer {
 public:
  virtual ~ChatServer() = default;

  virtual std::string url() const = 0;  // "http://127.0.0.1:8080/"

  // Answers requests until `stop` is not 0, which also ends the answer that is being made.
  virtual void serve(Conversation& conversation, const volatile std::int32_t* stop) = 0;
};

// Binds the address, so that no other program has it; clients wait until serve() is called. Throws Failure
// where it cannot.
std::unique_ptr<ChatServer> make_chat_server(ServerSettings settings);

}  // namespace gistmill
