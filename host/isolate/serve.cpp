#include "host/isolate/serve.hpp"

#include <mutex>

#include "gistmill/version.h"
#include "host/isolate/served_component.hpp"

namespace gistmill {
namespace {

// What the plugin says goes to the host before the answer that it was said in. From the thread that answers
// alone: what other threads say would come between the parts of a message.
Channel* speaking = nullptr;
std::mutex speech;

void say(std::int32_t level, const char*, const char* message) {
  const std::lock_guard lock(speech);
  if (speaking == nullptr || message == nullptr) return;
  try {
    speaking->send({{{"log", message}, {"level", level}}, nullptr});
  } catch (const ChannelClosed&) {  // the loop will see it
  }
}

}  // namespace

int serve_component(int descriptor) {
  static const gm_host host{sizeof(gm_host), GM_ABI_MAJOR, GM_ABI_MINOR, GM_VERSION, say};
  Channel channel{files::Descriptor(descriptor)};
  ServedComponent component(host);
  try {
    for (;;) {
      const Message question = channel.receive();
      {
        const std::lock_guard lock(speech);
        speaking = &channel;
      }
      const Message answer = component.answer(question);
      const std::lock_guard lock(speech);
      speaking = nullptr;
      channel.send(answer);
    }
  } catch (const ChannelClosed&) {  // the host has gone, or needs it no more
  }
  return 0;
}

}  // namespace gistmill
