// One instance of the plugin under test, called through the ABI with plain arrays. Unlike Instance it answers
// statuses as they are, also those that no sound plugin gives, gives tapes, and says what it is about to do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gistmill/plugin/tensor.hpp>

#include "gistmill/extensions.h"
#include "host/certify/findings.hpp"
#include "host/certify/subject.hpp"

namespace gistmill {

// What the plugin answered.
struct Answer {
  gm_status status = GM_OK;
  std::string message;
  std::string key;

  bool ok() const { return status == GM_OK || status == GM_END; }
  std::string text() const;  // "an error of the user: message"
};

// create or start did not give GM_OK.
struct Refusal {
  Answer answer;
  std::string call;  // "create" or "start"
};

class Specimen;

struct CallSettings {
  std::uint64_t random_key = 7;
  std::uint64_t step = 1;
  const volatile std::int32_t* cancel = nullptr;  // null: never
  bool strided = false;                           // inputs lie in memory with gaps
};

// Results of one forward, and its tape.
struct Outcome : Answer {
  std::vector<Tensor> outputs;  // empty where there is none, or an object, which is released
  std::shared_ptr<gm_tape> tape;
  bool gave_object = false;
};

// Whether the calls of a specimen go through the checking proxy, which remembers all of them.
enum class Calls { checked, bare };

class Specimen {
 public:
  // Creates it and, with `start`, starts it. symbols: those declared that nothing else fixes. Throws Refusal.
  Specimen(Subject& subject, Findings& findings, const std::vector<PlannedOption>& options, Sizes symbols,
           Calls calls = Calls::checked, bool start = true);
  Specimen(const Specimen&) = delete;
  Specimen& operator=(const Specimen&) = delete;
  ~Specimen();

  const ComponentSpec& spec() const { return spec_; }
  const Sizes& sizes() const { return sizes_; }  // of declared symbols

  // need: null where no vjp follows.
  Outcome forward(std::uint32_t operation, const std::vector<Tensor>& inputs,
                  const CallSettings& settings = {}, const std::vector<std::uint8_t>* need = nullptr);
  // gradients: one an input, empty where there is none. output_gradients: empty ones are not given.
  Answer vjp(std::uint32_t operation, const Outcome& outcome, const std::vector<Tensor>& output_gradients,
             const std::vector<std::uint8_t>& need, std::vector<Tensor>& gradients,
             const CallSettings& settings = {});

  template <class Extension>
  const Extension* extension(const char* id) const {
    return static_cast<const Extension*>(find_extension(id));
  }
  gm_instance* handle() const { return handle_; }

  // Parameters that the host sees in place; empty where it has none.
  struct Parameter {
    std::string name;
    std::uint32_t flags = 0;
    Tensor memory;  // the plugin's own
  };
  std::vector<Parameter> parameters();
  // Binds one buffer of zeros to each trainable parameter; in the order of parameters(), empty for others.
  std::vector<Tensor> bind_gradients();
  void parameters_changed() { ++generation_; }

  bool has_state() const { return find_extension(GM_STATE_EXTENSION) != nullptr; }
  Answer save(std::string& bytes);
  Answer load(const std::string& bytes);

  // Says what the checking proxy found since the last time.
  void report_violations();

 private:
  const void* find_extension(const char* id) const;
  gm_call make_call(const CallSettings& settings, gm_error* error,
                    const std::vector<std::uint8_t>* need) const;

  Subject& subject_;
  Findings& findings_;
  const ComponentSpec& spec_;
  const gm_component_interface* interface_ = nullptr;
  gm_instance* handle_ = nullptr;
  Sizes sizes_;
  std::uint64_t generation_ = 1;
};

// Runs `call`, which is the plugin's; an exception that it lets out is a fault, and answers
// GM_ERROR_INTERNAL.
template <class Call>
gm_status barrier(Findings& findings, const std::string& what, const Call& call) {
  findings.stage(what);
  try {
    return call();
  } catch (...) {
    findings.fault(what + ": let an exception out, which may not cross the ABI");
    return GM_ERROR_INTERNAL;
  }
}

// Receives the message of one call.
class AnswerSink {
 public:
  AnswerSink();
  AnswerSink(const AnswerSink&) = delete;
  AnswerSink& operator=(const AnswerSink&) = delete;
  gm_error* get() { return &error_; }
  Answer answer(gm_status status) const;

 private:
  gm_error error_;
  std::string message_;
  std::string key_;
};

}  // namespace gistmill
