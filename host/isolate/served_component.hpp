// The instance that a process serves, and what it answers to each question.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gistmill/extensions.h"
#include "host/isolate/channel.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

class ServedComponent {
 public:
  // host: what the plugin is given as its host.
  explicit ServedComponent(const gm_host& host) : host_(host) {}
  ServedComponent(const ServedComponent&) = delete;
  ServedComponent& operator=(const ServedComponent&) = delete;
  ~ServedComponent();

  // What the plugin refuses becomes an answer with its status; never throws.
  Message answer(const Message& question);

 private:
  struct Sink;
  struct Parameter {
    gm_tensor* tensor = nullptr;  // an alias of the plugin's
    std::uint32_t flags = 0;
    nlohmann::json value;
    nlohmann::json gradient;
  };

  Message dispatch(const Message& question);
  Message create(const Message& question);
  Message start(const nlohmann::json& body);
  Message forward(const Message& question);
  Message vjp(const Message& question);
  Message load(const Message& question);
  Message save();
  Message decide(const nlohmann::json& body);
  Message text(const char* id, bool describes);
  gm_call call_of(const nlohmann::json& body, gm_error* error, gm_work* work,
                  std::vector<std::uint8_t>& need);
  void take_new_values(std::uint64_t generation);
  void give_buffers();
  void share_parameters(Message& answer);
  void bind_gradient(std::uint32_t index);
  void refuse_violations() const;
  template <class Extension>
  const Extension* extension(const char* id) const;

  const gm_host& host_;
  std::unique_ptr<Registry> registry_;
  const gm_component_interface* interface_ = nullptr;
  gm_instance* instance_ = nullptr;
  SharedMemoryPointer control_;
  SharedMemoryPointer parameter_memory_;
  std::vector<Parameter> parameters_;
  std::uint64_t generation_ = ~std::uint64_t{0};  // of the parameters' values here
  std::map<std::uint64_t, gm_tape*> tapes_;
  std::uint64_t last_tape_ = 0;
};

}  // namespace gistmill
