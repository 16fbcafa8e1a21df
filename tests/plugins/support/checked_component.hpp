// One component of a plugin that is loaded by path: the only place where tests of plugins call the ABI. Calls
// go through the host's checking proxy where GISTMILL_CHECK is set, which it is in every test, and what the
// proxy finds fails the test. Options must be complete, as no default is filled in.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gistmill/entry.h"

namespace gistmill::test {

// What the plugin answered instead of GM_OK.
struct Refused : std::runtime_error {
  Refused(gm_status status_seen, const std::string& message, std::string key_seen)
      : std::runtime_error(message), status(status_seen), key(std::move(key_seen)) {}
  gm_status status;
  std::string key;
};

// Keeps what the plugin says of an error.
class Sink {
 public:
  gm_error* get() { return &error_; }
  // Throws Refused where it is another than GM_OK.
  void check(gm_status status) const {
    if (status != GM_OK) throw Refused(status, message_, key_);
  }

 private:
  static void set(gm_error* self, gm_status, const char* message, const char* key);

  gm_error error_{sizeof(gm_error), this, &Sink::set};
  std::string message_;
  std::string key_;
};

class CheckedComponent {
 public:
  // Loads `library`, runs its init and creates `component`. host outlives this. Throws std::runtime_error
  // where there is no such component; Refused, as all that follows, where the plugin says so.
  CheckedComponent(const std::string& library, const std::string& component, const gm_host& host,
                   const std::vector<gm_option>& options);
  CheckedComponent(const CheckedComponent&) = delete;
  CheckedComponent& operator=(const CheckedComponent&) = delete;
  ~CheckedComponent();

  void start(const std::map<std::string, std::int64_t>& symbols, std::uint64_t seed);

  // The outputs. The call's sizes, device, error sink and cancel flag are filled in; inputs are taken over.
  std::vector<gm_value> forward(std::uint32_t operation, gm_call& call, std::vector<gm_value> inputs,
                                gm_tape** tape) const;
  // One gradient an input, null where there is none. Takes the gradients of the outputs over, and the tape.
  std::vector<gm_tensor*> vjp(std::uint32_t operation, gm_call& call, gm_tape* tape,
                              std::vector<gm_tensor*> output_gradients, std::size_t inputs) const;

  // Throws std::runtime_error where it has none.
  template <class Extension>
  const Extension& extension(const char* id) const {
    return *static_cast<const Extension*>(find_extension(id));
  }
  gm_instance* instance() const { return instance_; }

 private:
  void create(const gm_component_interface& plugin, const std::string& library, const gm_host& host,
              const gm_options& options);
  const void* find_extension(const char* id) const;

  const gm_component_interface* interface_ = nullptr;  // the plugin's, or the proxy's
  const gm_component_info* info_ = nullptr;
  gm_instance* instance_ = nullptr;
};

}  // namespace gistmill::test
