// forward and vjp of the component, and what may be wrong with their results.
#include "tests/plugins/certified/operations.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "gistmill/random.h"
#include "tests/plugins/certified/faults.hpp"

namespace certified {

namespace {

enum { kApply, kNoise, kNext };

std::vector<float> last_x;      // of any instance: fault shared-tape
std::int64_t calls_of_all = 0;  // fault shared-state
thread_local std::int64_t calls_here = 0;

void give(gm_value& out, gm_tensor* tensor) {
  out.kind = GM_VALUE_TENSOR;
  out.as.tensor = tensor;
}

void spoil(const gm_instance& self, std::vector<float>& y) {
  if (self.has("not-a-number")) y[0] = std::nanf("");
  if (self.has("infinite")) y.back() = std::numeric_limits<float>::infinity();
  if (self.has("impure")) y[0] += static_cast<float>(self.forwards);
  if (self.has("shared-state")) y[0] += static_cast<float>(calls_of_all);
  if (self.has("thread-state")) y[0] += calls_here == 1 ? 1.0f : 0.0f;
}

// What another hands out for y, where the fault is in the handle.
gm_tensor* odd_tensor(gm_instance& self, std::int64_t rows, std::vector<float>& y) {
  gm_tensor* made = nullptr;
  if (self.has("shape")) {
    std::vector<float> more = y;
    more.insert(more.end(), y.begin(), y.begin() + self.size);
    made = new_tensor({rows + 1, self.size}, more);
  }
  if (self.has("rank")) made = new_tensor({static_cast<std::int64_t>(y.size())}, y);
  if (self.has("dtype")) {
    made = new_tensor({rows, self.size}, y);
    made->dtype = {GM_INT, 32, 1};
  }
  if (self.has("reused-output") || self.has("borrowed-output")) {
    self.reused.resize(1024);
    std::copy(y.begin(), y.end(), self.reused.begin());
    made = new_tensor({rows, self.size}, {});
    made->data = self.reused.data();
  }
  return made;
}

gm_status apply(gm_instance& self, const gm_call& call, gm_value* in, gm_value* out, gm_tape** tape) {
  gm_tensor* const x = in[0].as.tensor;
  gm_tensor* const w = in[1].as.tensor;
  const std::int64_t rows = x->shape[0];
  const bool dense = self.has("strides-ignored");
  const std::vector<float> xs = values_of(*x, dense), ws = values_of(*w, dense);
  std::vector<float> y(xs.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t n = i % static_cast<std::size_t>(self.size),
                      k = i / static_cast<std::size_t>(self.size);
    y[i] = ws[k] * self.a[n] * power_of(xs[i], self.power);
  }
  spoil(self, y);
  if (self.has("input-changed")) static_cast<float*>(x->data)[0] += 1;
  if (self.has("input-changed-back")) static_cast<float*>(w->data)[0] = 0;
  last_x = xs;
  if (tape != nullptr) *tape = new gm_tape{xs, ws};
  if (self.has("input-kept")) return give(out[0], new_tensor({rows, self.size}, y)), release(w), GM_OK;
  release(x);
  release(w);
  if (self.has("input-twice")) release(x);
  if (self.has("slow")) {
    for (int i = 0; i < 25; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  if (self.has("no-output")) return GM_OK;
  if (self.has("silent-error")) return GM_ERROR_INTERNAL;
  if (self.has("defect")) return fail(call.error, GM_ERROR_INTERNAL, "it does not work today");
  gm_tensor* const odd = odd_tensor(self, rows, y);
  give(out[0], odd != nullptr ? odd : new_tensor({rows, self.size}, std::move(y)));
  return GM_OK;
}

gm_status noise(gm_instance& self, const gm_call& call, gm_value* in, gm_value* out) {
  const std::vector<float> x = values_of(*in[0].as.tensor);
  const std::int64_t rows = in[0].as.tensor->shape[0];
  release(in[0].as.tensor);
  gm_random random = gm_random_of(call.random_key);
  std::vector<float> y = x;
  for (float& value : y) value += static_cast<float>(gm_random_unit(&random));
  if (self.has("random-of-its-own")) y[0] += static_cast<float>(std::rand() % 1000);
  if (self.has("random-of-step")) y[0] += static_cast<float>(call.step);
  give(out[0], new_tensor({rows}, std::move(y)));
  return GM_OK;
}

gm_status next(gm_instance& self, gm_value* out) {
  ++self.calls;
  gm_tensor* const made = new_tensor({}, {0});
  made->dtype = {GM_INT, 32, 1};
  const auto count = static_cast<std::int32_t>(self.calls);
  std::memcpy(made->data, &count, sizeof count);
  give(out[0], made);
  return GM_OK;
}

float factor_of(const gm_instance& self) {
  if (self.has("gradient-sign")) return -1;
  if (self.has("gradient-twice")) return 2;
  if (self.has("gradient-nan")) return std::nanf("");
  return 1;
}

}  // namespace

gm_status forward(gm_instance* instance, std::uint32_t operation, const gm_call* call, gm_value* in,
                  std::uint32_t, gm_value* out, std::uint32_t, gm_tape** tape) {
  gm_instance& self = *instance;
  ++self.forwards;
  ++calls_of_all;
  ++calls_here;
  at("forward", self.fault);
  if (operation == kApply) return apply(self, *call, in, out, tape);
  if (operation == kNoise) return noise(self, *call, in, out);
  return next(self, out);
}

gm_status vjp(gm_instance* instance, std::uint32_t, const gm_call* call, gm_tape* tape, gm_tensor** grad_out,
              std::uint32_t, gm_tensor** grad_in, std::uint32_t) {
  gm_instance& self = *instance;
  at("vjp", self.fault);
  if (grad_out[0] == nullptr) return GM_OK;
  const std::vector<float> g = values_of(*grad_out[0]);
  release(grad_out[0]);
  const std::vector<float>& x = self.has("shared-tape") ? last_x : tape->x;
  const std::size_t columns = static_cast<std::size_t>(self.size), rows = tape->w.size();
  std::vector<float> gx(g.size()), gw(rows, 0.0f), ga(columns, 0.0f);
  for (std::size_t i = 0; i < g.size() && i < x.size(); ++i) {
    const std::size_t n = i % columns, k = i / columns;
    const auto power = static_cast<float>(self.power);
    gx[i] = g[i] * tape->w[k] * self.a[n] * power * power_of(x[i], self.power - 1) * factor_of(self);
    gw[k] += g[i] * self.a[n] * power_of(x[i], self.power);
    ga[n] += g[i] * tape->w[k] * power_of(x[i], self.power);
  }
  if (self.has("gradient-one-element")) gx[0] = 0;
  if (self.has("gradient-shape")) gx.push_back(0);
  const auto row_count = static_cast<std::int64_t>(rows);
  if (call->need[0] != 0 && !self.has("gradient-missing"))
    grad_in[0] = self.has("gradient-shape") ? new_tensor({static_cast<std::int64_t>(gx.size())}, gx)
                                            : new_tensor({row_count, self.size}, gx);
  if (call->need[1] != 0 || self.has("gradient-not-needed")) grad_in[1] = new_tensor({row_count}, gw);
  if (self.has("gradient-if-all") && (call->need[0] == 0 || call->need[1] == 0)) grad_in[1] = nullptr;
  if (self.gradient == nullptr || self.has("parameter-gradient-missing")) return GM_OK;
  auto* const into = static_cast<float*>(self.gradient->data);
  for (std::size_t n = 0; n < columns; ++n)
    into[n] = (self.has("parameter-gradient-overwritten") ? 0 : into[n]) + ga[n];
  return GM_OK;
}

void tape_release(gm_instance*, gm_tape* tape) { delete tape; }

}  // namespace certified
