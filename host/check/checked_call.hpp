// forward and vjp behind the proxy, as in gm_component_interface.
#pragma once

#include <cstdint>

#include "gistmill/component.h"

namespace gistmill {

gm_status checked_forward(gm_instance* instance, std::uint32_t operation, const gm_call* call, gm_value* in,
                          std::uint32_t n, gm_value* out, std::uint32_t m, gm_tape** tape);
gm_status checked_vjp(gm_instance* instance, std::uint32_t operation, const gm_call* call, gm_tape* tape,
                      gm_tensor** grad_out, std::uint32_t m, gm_tensor** grad_in, std::uint32_t n);

}  // namespace gistmill
