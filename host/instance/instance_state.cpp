#include "host/instance/instance_state.hpp"

namespace gistmill {
namespace {

const gm_state_extension* extension_of(const Instance& instance) {
  return instance.extension<gm_state_extension>(GM_STATE_EXTENSION);
}

}  // namespace

bool has_state(const Instance& instance) { return extension_of(instance) != nullptr; }

std::string save_state(const Instance& instance) {
  std::string bytes;
  gm_sink out{sizeof(gm_sink), &bytes, [](gm_sink* self, const void* data, std::uint64_t size) {
                static_cast<std::string*>(self->context)->append(static_cast<const char*>(data), size);
                return GM_OK;
              }};
  Instance::ErrorSink sink;
  const gm_status status = extension_of(instance)->save(instance.handle(), &out, sink.get());
  if (status != GM_OK) instance.fail(status, sink, "saving the state of");
  return bytes;
}

void load_state(const Instance& instance, std::string_view bytes) {
  Instance::ErrorSink sink;
  const gm_status status =
      extension_of(instance)->load(instance.handle(), bytes.data(), bytes.size(), sink.get());
  if (status != GM_OK) instance.fail(status, sink, "loading the state of");
}

}  // namespace gistmill
