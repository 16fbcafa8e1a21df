// Messages between the host and the process of an isolated component: a JSON object, and memory that both
// see.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include <gistmill/files/descriptor.hpp>

#include "host/isolate/shared_memory.hpp"

namespace gistmill {

struct Message {
  nlohmann::json body;
  SharedMemoryPointer memory;  // null: none
};

// The other side has gone, or says what is no message.
struct ChannelClosed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One end. One thread at a time.
class Channel {
 public:
  explicit Channel(files::Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  // Throws ChannelClosed.
  void send(const Message& message);
  // Waits at most so long for a message to begin; none: it did not. Throws ChannelClosed, and Error where its
  // memory cannot be used.
  std::optional<Message> receive(std::chrono::milliseconds most);
  Message receive();  // however long it takes

 private:
  files::Descriptor descriptor_;
};

}  // namespace gistmill
