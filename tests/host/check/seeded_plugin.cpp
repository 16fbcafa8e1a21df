// See seeded_plugin.hpp.
#include "tests/host/check/seeded_plugin.hpp"

#include <cstring>

#include "gistmill/collective.h"

#include "host/check/violation.hpp"

namespace gistmill {

Seeds seeds;
int things = 0;

namespace {

gm_instance* const kInstance = reinterpret_cast<gm_instance*>(&seeds);

struct Thing {
  gm_object object;
  int references = 1;

  static Thing& of(gm_object* object) { return *static_cast<Thing*>(object->data); }
};

gm_status apply(gm_value* in, gm_value* out, gm_tape** tape) {
  if (seeds.misdeed) seeds.misdeed(in[0].as.tensor);
  if (seeds.releases) release(in[0].as.tensor);
  if (seeds.answer == GM_OK) {
    out[0].kind = GM_VALUE_TENSOR;
    out[0].as.tensor = Tensor::of<float>({1, 2}, {2}).share();
    if (tape != nullptr) *tape = seeded_tape();
  }
  if (seeds.last_word) seeds.last_word(out, tape);
  return seeds.answer;
}

gm_status open_object(gm_object* given, gm_value* out) {
  if (seeds.handling) seeds.handling(given);
  out[0].kind = GM_VALUE_OBJECT;
  if (seeds.handing_on) {
    out[0].as.object = seeds.handing_on(given);
    return GM_OK;
  }
  if (seeds.releases) given->release(given);
  out[0].as.object = make_thing();
  return GM_OK;
}

gm_status forward(gm_instance*, std::uint32_t operation, const gm_call*, gm_value* in, std::uint32_t,
                  gm_value* out, std::uint32_t, gm_tape** tape) {
  return operation == 0 ? apply(in, out, tape) : open_object(in[0].as.object, out);
}

gm_status vjp(gm_instance*, std::uint32_t, const gm_call*, gm_tape*, gm_tensor** grad_out, std::uint32_t,
              gm_tensor** grad_in, std::uint32_t) {
  release(grad_out[0]);
  grad_in[0] = seeds.gradient.share();
  return seeds.answer;
}

const gm_operation_info apply_info{sizeof(gm_operation_info), "apply", 1, 1, 1};
const gm_operation_info open_info{sizeof(gm_operation_info), "open", 1, 1, 0};
const gm_operation_info* const operations[] = {&apply_info, &open_info};
const gm_component_info component_info{sizeof(gm_component_info), "test/same", 2, operations};

// One parameter, f32[2].
const gm_params_extension params{sizeof(gm_params_extension), [](gm_instance*) { return 1u; }, nullptr,
                                 [](gm_instance*, std::uint32_t, gm_tensor** out, gm_error*) {
                                   *out = Tensor::zeros<float>({2}).share();
                                   (*out)->flags = 0;
                                   return gm_status{GM_OK};
                                 },
                                 [](gm_instance*, std::uint32_t, gm_tensor* gradient, gm_error*) {
                                   release(gradient);
                                   return gm_status{GM_OK};
                                 }};

const gm_optimizer_extension optimizer{
    sizeof(gm_optimizer_extension),
    [](gm_instance*, const gm_param_info* const*, gm_tensor** parameters, gm_tensor** gradients,
       std::uint32_t n, gm_error*) {
      for (std::uint32_t i = 0; i < n; ++i) release(parameters[i]), release(gradients[i]);
      return gm_status{GM_OK};
    },
    [](gm_instance*, std::uint64_t, const double*, std::uint32_t, gm_error*) { return gm_status{GM_OK}; }};

const gm_codec_extension codec{sizeof(gm_codec_extension), [](gm_instance*, const char*) { return 1; },
                               [](gm_instance*, const gm_object* object, gm_tensor_sink*, gm_error*) {
                                 if (seeds.handling) seeds.handling(const_cast<gm_object*>(object));
                                 return gm_status{GM_OK};
                               },
                               [](gm_instance*, const char*, const char* const*, gm_tensor**, std::uint32_t,
                                  gm_object** out, gm_error*) {
                                 *out = make_thing();
                                 return gm_status{GM_OK};
                               }};

const gm_monitor_extension monitor{sizeof(gm_monitor_extension),
                                   [](gm_instance*, const char*, std::uint64_t, gm_decision* out, gm_error*) {
                                     *out = seeds.decision;
                                     return seeds.answer;
                                   }};

// As if the other ranks had what this one has.
const gm_collective_extension collective{
    sizeof(gm_collective_extension),
    [](gm_instance*) { return seeds.rank; },
    [](gm_instance*) { return seeds.ranks; },
    [](gm_instance*, float* numbers, std::uint64_t n, const volatile std::int32_t*, gm_error*) {
      for (std::uint64_t i = 0; i < n; ++i) numbers[i] *= static_cast<float>(seeds.ranks);
      if (seeds.misdeed) seeds.misdeed(nullptr);
      return seeds.answer;
    },
    [](gm_instance*, const void* mine, std::uint64_t size, void* all, const volatile std::int32_t*,
       gm_error*) {
      for (std::uint32_t i = 0; i < seeds.ranks; ++i)
        std::memcpy(static_cast<char*>(all) + i * size, mine, size);
      return seeds.answer;
    },
    [](gm_instance*, void* bytes, std::uint64_t size, const volatile std::int32_t*, gm_error*) {
      std::memset(bytes, 'r', size);
      return seeds.answer;
    },
    [](gm_instance*, std::int32_t code) { seeds.ended = code; }};

const void* find_extension(gm_instance*, const char* id) {
  const std::string name = id;
  if (name == GM_PARAMS_EXTENSION) return &params;
  if (name == GM_OPTIMIZER_EXTENSION) return &optimizer;
  if (name == GM_MONITOR_EXTENSION) return &monitor;
  if (name == GM_COLLECTIVE_EXTENSION) return &collective;
  return name == GM_CODEC_EXTENSION ? &codec : nullptr;
}

const gm_component_interface plugin{
    sizeof(gm_component_interface),
    [] { return 1u; },
    [](std::uint32_t index) { return index == 0 ? &component_info : nullptr; },
    [](const gm_host*, const char*, const gm_options*, gm_instance** out, gm_error*) {
      *out = kInstance;
      return gm_status{GM_OK};
    },
    [](gm_instance*) {},
    [](gm_instance*, const gm_start*, gm_error*) { return gm_status{GM_OK}; },
    forward,
    vjp,
    [](gm_instance*, gm_tape*) {},
    find_extension};

OperationSpec operation(const char* name, const char* input, const char* output, const char* type) {
  OperationSpec made;
  made.name = name;
  for (auto [port, ports] : {std::pair(input, &made.inputs), std::pair(output, &made.outputs)}) {
    ports->emplace_back();
    ports->back().name = port;
    ports->back().type = parse_port_type(type);
  }
  return made;
}

}  // namespace

gm_object* make_thing() {
  auto* const made = new Thing;
  made->object = {sizeof(gm_object), "test.thing/1", made,
                  [](gm_object* self) { ++Thing::of(self).references; },
                  [](gm_object* self) {
                    if (--Thing::of(self).references > 0) return;
                    delete &Thing::of(self);
                    --things;
                  }};
  ++things;
  return &made->object;
}

void release(gm_tensor* tensor) {
  if (tensor != nullptr && tensor->deleter != nullptr) tensor->deleter(tensor);
}

gm_tape* seeded_tape() { return reinterpret_cast<gm_tape*>(&things); }

void CheckingProxy::SetUp() {
  seeds = {};
  spec_.operations.push_back(operation("apply", "x", "y", "f32[N]"));
  spec_.operations.push_back(operation("open", "c", "d", "object<test.thing/1>"));
  instance_ = make("same");
}

void CheckingProxy::TearDown() { take_violations(); }

gm_instance* CheckingProxy::make(const std::string& name) {
  gm_instance* made = nullptr;
  create_checked({&plugin, &spec_}, name, nullptr, "test/same", nullptr, &made, &error_);
  return made;
}

gm_status CheckingProxy::call(gm_tape** tape, std::uint64_t flags, std::uint32_t outputs) {
  gm_value in{GM_VALUE_TENSOR, 0, {}};
  std::vector<gm_value> out(outputs, gm_value{GM_VALUE_NONE, 0, {}});
  in.as.tensor = Tensor::of<float>({1, 2}, {2}).share();
  in.as.tensor->flags = flags;
  const gm_call asked = call_with(tape != nullptr);
  const gm_status status = proxy().forward(instance_, 0, &asked, &in, 1, out.data(), outputs, tape);
  if (out[0].kind == GM_VALUE_TENSOR) release(out[0].as.tensor);
  return status;
}

gm_status CheckingProxy::reverse(gm_instance* instance, std::uint32_t operation, gm_tape* tape,
                                 std::uint64_t flags) {
  gm_tensor* grad_out = Tensor::of<float>({1, 2}, {2}).share();
  grad_out->flags = flags;
  gm_tensor* grad_in = nullptr;
  const gm_call asked = call_with(true);
  const gm_status status = proxy().vjp(instance, operation, &asked, tape, &grad_out, 1, &grad_in, 1);
  release(grad_in);
  return status;
}

gm_object* CheckingProxy::open(gm_object* object) {
  gm_value in{GM_VALUE_OBJECT, 0, {}}, out{};
  in.as.object = object;
  const gm_call asked = call_with(false);
  proxy().forward(instance_, 1, &asked, &in, 1, &out, 1, nullptr);
  return out.kind == GM_VALUE_OBJECT ? out.as.object : nullptr;
}

gm_call CheckingProxy::call_with(bool gradient) {
  gm_call asked{};
  asked.struct_size = sizeof(gm_call);
  asked.cancel = &never_;
  asked.error = &error_;
  if (gradient) {
    asked.flags = GM_CALL_TRAIN;
    asked.need = &need_;
  }
  return asked;
}

std::vector<std::string> CheckingProxy::found() {
  std::vector<std::string> texts;
  for (const Violation& violation : take_violations()) texts.push_back(violation.text());
  return texts;
}

}  // namespace gistmill
