#include "host/isolate/channel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace gistmill {
namespace {

// What a message begins with. Its memory's descriptor comes beside it.
struct Header {
  std::uint64_t text_bytes;
  std::uint64_t memory_bytes;
  std::uint64_t has_memory;
};

constexpr std::uint64_t kMostText = 256u << 20;  // a description of a component can be long

void send_all(int descriptor, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t sent = ::send(descriptor, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) throw ChannelClosed("nothing can be sent");
    bytes += sent;
    count -= static_cast<std::size_t>(sent);
  }
}

void receive_all(int descriptor, char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t got = recv(descriptor, bytes, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw ChannelClosed("the other side has gone");
    bytes += got;
    count -= static_cast<std::size_t>(got);
  }
}

using ControlBytes = std::array<char, CMSG_SPACE(sizeof(int))>;

void send_header(int descriptor, const Header& header, int memory) {
  iovec part{const_cast<Header*>(&header), sizeof header};
  alignas(cmsghdr) ControlBytes control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (memory >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const first = CMSG_FIRSTHDR(&message);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof memory);
    std::memcpy(CMSG_DATA(first), &memory, sizeof memory);
  }
  ssize_t sent = 0;
  do sent = sendmsg(descriptor, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0) throw ChannelClosed("nothing can be sent");
  const auto rest = static_cast<std::size_t>(sent);
  send_all(descriptor, reinterpret_cast<const char*>(&header) + rest, sizeof header - rest);
}

files::Descriptor receive_header(int descriptor, Header& header) {
  iovec part{&header, sizeof header};
  alignas(cmsghdr) ControlBytes control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do got = recvmsg(descriptor, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got <= 0) throw ChannelClosed("the other side has gone");
  files::Descriptor memory;
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    int given = -1;
    std::memcpy(&given, CMSG_DATA(each), sizeof given);
    memory = files::Descriptor(given);
  }
  const auto rest = static_cast<std::size_t>(got);
  receive_all(descriptor, reinterpret_cast<char*>(&header) + rest, sizeof header - rest);
  return memory;
}

}  // namespace

void Channel::send(const Message& message) {
  const std::string text = message.body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const bool has_memory = message.memory != nullptr;
  const Header header{text.size(), has_memory ? message.memory->size() : 0, has_memory ? 1u : 0u};
  send_header(descriptor_.get(), header, has_memory ? message.memory->descriptor() : -1);
  send_all(descriptor_.get(), text.data(), text.size());
}

std::optional<Message> Channel::receive(std::chrono::milliseconds most) {
  pollfd waited{descriptor_.get(), POLLIN, 0};
  const int ready = poll(&waited, 1, static_cast<int>(most.count()));
  if (ready == 0 || (ready < 0 && errno == EINTR)) return std::nullopt;
  return receive();
}

Message Channel::receive() {
  Header header{};
  files::Descriptor memory = receive_header(descriptor_.get(), header);
  if (header.text_bytes > kMostText || (header.has_memory != 0) != memory.open())
    throw ChannelClosed("the other side says what is no message");
  std::string text(header.text_bytes, '\0');
  receive_all(descriptor_.get(), text.data(), text.size());
  Message message;
  message.body = nlohmann::json::parse(text, nullptr, false);
  if (!message.body.is_object()) throw ChannelClosed("the other side says what is no message");
  if (memory.open()) message.memory = std::make_shared<SharedMemory>(std::move(memory), header.memory_bytes);
  return message;
}

}  // namespace gistmill
