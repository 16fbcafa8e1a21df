// export STORE FILE: a document's gists for other programs, by a component of the contract gist-store.
#include "host/instance/array_call.hpp"
#include "host/instance/offered.hpp"
#include "host/model/model_task.hpp"

namespace gistmill {

void export_file(Registry& registry, const std::string& file, const std::optional<std::string>& document,
                 const std::string& target) {
  const std::unique_ptr<Instance> store = start_offering({"export_file"}, Value(), registry);
  Arrays in = {{"path", bytes_array(file)}, {"target", bytes_array(target)}};
  if (document) in["document"] = bytes_array(*document);
  call_operation(*store, "export_file", in);
}

}  // namespace gistmill
