// See operations.cpp.
#pragma once

#include "tests/plugins/certified/component.hpp"

namespace certified {

gm_status forward(gm_instance* instance, std::uint32_t operation, const gm_call* call, gm_value* in,
                  std::uint32_t n, gm_value* out, std::uint32_t m, gm_tape** tape);
gm_status vjp(gm_instance* instance, std::uint32_t operation, const gm_call* call, gm_tape* tape,
              gm_tensor** grad_out, std::uint32_t m, gm_tensor** grad_in, std::uint32_t n);
void tape_release(gm_instance* instance, gm_tape* tape);

}  // namespace certified
