// An attention plan that a forward hands to its backward through autograd's context.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include <utility>

#include "plugins/teacher/decoder/attention/attention_problem.hpp"

namespace gistmill::decoder {

struct PlanCapsule final : ::torch::CustomClassHolder {
  explicit PlanCapsule(AttentionPlan held) : plan(std::move(held)) {}
  AttentionPlan plan;
};

inline void keep_plan(::torch::autograd::AutogradContext& context, const AttentionPlan& plan) {
  context.saved_data["plan"] = c10::IValue::make_capsule(c10::make_intrusive<PlanCapsule>(plan));
}

// What keep_plan() kept. Valid as long as the context.
inline const AttentionPlan& kept_plan(const ::torch::autograd::AutogradContext& context) {
  return static_cast<const PlanCapsule&>(*context.saved_data.at("plan").toCapsule()).plan;
}

}  // namespace gistmill::decoder
