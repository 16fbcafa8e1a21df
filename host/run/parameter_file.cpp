#include "host/run/parameter_file.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <string>

#include <gistmill/files/new_file.hpp>

#include "gistmill/dtype.hpp"
#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"
#include "host/run/step/slot_value.hpp"

namespace gistmill {

namespace fs = std::filesystem;

formats::SafetensorsDtype saved_dtype(const at::Tensor& tensor) {
  if (const Dtype* dtype = find_dtype(dtype_name(tensor)))
    return formats::safetensors_dtype(dtype->safetensors).value();
  throw Failure(ExitCode::plugin,
                fmt::format("a parameter of dtype {} cannot be saved", c10::toString(tensor.scalar_type())));
}

void save_parameters(const fs::path& path, const std::vector<TensorInstance*>& instances,
                     ParameterNames names) {
  std::vector<formats::SafetensorsItem> items;
  std::vector<at::Tensor> kept;  // contiguous copies live until they are written
  for (TensorInstance* instance : instances) {
    for (const Parameter& parameter : instance->parameters()) {
      const at::Tensor& tensor = kept.emplace_back(parameter.tensor.cpu().contiguous());
      const std::string before = names == ParameterNames::with_instance ? instance->name() + "." : "";
      items.push_back({before + parameter.name, saved_dtype(tensor), tensor.sizes().vec(), tensor.data_ptr(),
                       tensor.nbytes()});
    }
  }
  files::NewFile file(path);
  formats::write_safetensors(
      [&](const void* data, std::size_t size) {
        file.write({static_cast<const char*>(data), size});
      },
      items, {{"gistmill", GM_VERSION}});
  file.commit();
}

}  // namespace gistmill
