// A small sound component on the bare C ABI, which breaks the contract in one place where option `fault` says
// so: what certify is tested with. What no option can choose, since it happens before there is one, is chosen
// by a definition on the command line (CMakeLists.txt). Not an example: for one see sdk/template.
#include <utility>

#include "gistmill/collective.h"
#include "tests/plugins/certified/component.hpp"
#include "tests/plugins/certified/faults.hpp"
#include "tests/plugins/certified/operations.hpp"

#ifndef STATIC_FAULT
#define STATIC_FAULT ""
#endif

namespace {

using namespace certified;

// Runs when the library is loaded.
const bool kLoaded = (at("static", STATIC_FAULT), true);

#ifdef UNDEFINED
extern "C" void nobody_defines_this();
void (*volatile undefined)() = nobody_defines_this;
#endif

gm_status create(const gm_host*, const char* component, const gm_options* options, gm_instance** out,
                 gm_error* error) {
  if (std::string_view(component) != "test/certified")
    return fail(error, GM_ERROR_MISUSE, "there is no such component");
  auto made = new gm_instance;
  for (std::uint32_t i = 0; i < options->count; ++i) {
    const gm_option& option = *options->items[i];
    if (std::string_view(option.key) == "fault") made->fault = option.string;
    if (std::string_view(option.key) == "power") made->power = option.integer;
  }
  *out = made;
  at("create", made->fault);
  if (made->power == 3 && made->has("option-crash")) std::abort();
  if (made->power == 3 && made->has("option-defect")) {
    delete std::exchange(*out, nullptr);
    return fail(error, GM_ERROR_INTERNAL, "vector::_M_default_append");
  }
  return GM_OK;
}

void destroy(gm_instance* self) {
  at("destroy", self->fault);
  release(self->gradient);
  if (!self->has("instance-leak")) delete self;
}

gm_status start(gm_instance* self, const gm_start* with, gm_error*) {
  at("start", self->fault);
  for (std::uint32_t i = 0; i < with->symbol_count; ++i) {
    if (std::string_view(with->symbols[i].name) == "N") self->size = with->symbols[i].value;
  }
  self->a.resize(static_cast<std::size_t>(self->size));
  for (std::size_t i = 0; i < self->a.size(); ++i)
    self->a[i] = 0.5f + static_cast<float>((i * 7 + with->seed % 5) % 11) / 11;
  if (self->has("start-of-its-own")) self->a[0] = static_cast<float>(std::rand());
  self->info = {sizeof(gm_param_info), GM_PARAM_TRAINABLE, "a"};
  return GM_OK;
}

const gm_params_extension kParameters = {
    sizeof(gm_params_extension), [](gm_instance*) -> std::uint32_t { return 1; },
    [](gm_instance* self, std::uint32_t) -> const gm_param_info* { return &self->info; },
    [](gm_instance* self, std::uint32_t, gm_tensor** out, gm_error*) -> gm_status {
      *out = new_tensor({self->size}, {});
      (*out)->data = self->a.data();
      return GM_OK;
    },
    [](gm_instance* self, std::uint32_t, gm_tensor* gradient, gm_error*) -> gm_status {
      release(std::exchange(self->gradient, gradient));
      return GM_OK;
    }};

// Version 1, then the number of calls.
constexpr std::size_t kStateBytes = 1 + sizeof(std::int64_t);

gm_status save(gm_instance* self, gm_sink* sink, gm_error*) {
  char bytes[kStateBytes] = {1};
  const std::int64_t calls = self->has("state-empty") ? 0 : self->calls;
  std::memcpy(bytes + 1, &calls, sizeof calls);
  return sink->write(sink, bytes, sizeof bytes);
}

gm_status load(gm_instance* self, const void* data, std::uint64_t size, gm_error* error) {
  const auto* bytes = static_cast<const char*>(data);
  if (self->has("state-throws")) throw std::runtime_error("no state today");
  if (self->has("state-unchecked") && size != kStateBytes) self->calls = 77;
  if (size != kStateBytes || bytes[0] != 1) return fail(error, GM_ERROR_USER, "no state of this component");
  std::memcpy(&self->calls, bytes + 1, sizeof self->calls);
  if (self->has("state-ignored")) self->calls = 0;
  if (self->has("state-off-by-one")) ++self->calls;
  return GM_OK;
}

const gm_state_extension kState = {sizeof(gm_state_extension), save, load};

#ifdef OTHER_SIZE
const gm_symbols_extension kSymbols = {sizeof(gm_symbols_extension),
                                       [](gm_instance*, const char*) -> std::int64_t { return OTHER_SIZE; }};
#endif

const void* extension(gm_instance* self, const char* id) {
  const std::string_view name(id);
  if (name == GM_PARAMS_EXTENSION) return &kParameters;
  if (name == GM_STATE_EXTENSION) return &kState;
#ifdef OTHER_SIZE
  if (name == GM_SYMBOLS_EXTENSION) return &kSymbols;
#endif
  for (const char* other : {GM_SYMBOLS_EXTENSION, GM_IDENTITY_EXTENSION, GM_DESCRIBE_EXTENSION,
                            GM_CODEC_EXTENSION, GM_OPTIMIZER_EXTENSION, GM_STORE_EXTENSION,
                            GM_EVENTS_EXTENSION, GM_MONITOR_EXTENSION, GM_COLLECTIVE_EXTENSION}) {
    if (name == other) return nullptr;
  }
  return self->has("unknown-extension") ? &kState : nullptr;
}

const gm_operation_info kApply = {sizeof(gm_operation_info), "apply", 2, 1, 1};
const gm_operation_info kNoise = {sizeof(gm_operation_info), "noise", 1, 1, 0};
const gm_operation_info kNext = {sizeof(gm_operation_info), "next", 0, 1, 0};
const gm_operation_info* const kOperations[] = {&kApply, &kNoise, &kNext};
const gm_component_info kComponent = {sizeof(gm_component_info), "test/certified", 3, kOperations};

const gm_component_interface kInterface = {
    sizeof(gm_component_interface),
    []() -> std::uint32_t { return 1; },
    [](std::uint32_t index) -> const gm_component_info* { return index == 0 ? &kComponent : nullptr; },
    create,
    destroy,
    start,
    forward,
    vjp,
    tape_release,
    extension};

const void* get_interface(const char* id) {
  return std::string_view(id) == GM_COMPONENT_INTERFACE ? &kInterface : nullptr;
}

}  // namespace

#ifdef EXPORTS
extern "C" GM_EXPORT int a_symbol_of_its_own() { return kLoaded ? 1 : 0; }
#endif

const gm_entry gm_plugin = {sizeof(gm_entry),  GM_ABI_MAJOR, GM_ABI_MINOR, GISTMILL_ABI_MINOR_REQUIRED,
                            gistmill_manifest, nullptr,      get_interface};
