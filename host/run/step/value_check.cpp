// See value_check.hpp.
#include "host/run/step/value_check.hpp"

#include <fmt/format.h>

#include "host/plan/types.hpp"

namespace gistmill {

std::string ValueCheck::mismatch(const PlannedCall& call, const std::vector<SlotValue>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const PlannedOutput& output = call.outputs[i];
    const auto wrong = [&](const std::string& what) {
      return fmt::format("output '{}': {}", output.port->name, what);
    };
    if (output.type.is_object) {
      if (values[i].object() == nullptr) return wrong("no object");
      if (values[i].object()->type == output.type.object) continue;
      return wrong(fmt::format("an object of type {} when it should be {}", values[i].object()->type,
                               output.type.object));
    }
    const at::Tensor& tensor = values[i].tensor();
    if (!tensor.defined()) return wrong("nothing");
    const std::string shape = check_shape(output.type, tensor.sizes().vec(), dtype_name(tensor), sizes_);
    if (!shape.empty()) return wrong(shape);
  }
  return "";
}

}  // namespace gistmill
