#include "plugins/dataset/common/document_component.hpp"

#include <utility>

namespace gistmill::dataset {

DocumentComponent::DocumentComponent(const std::string& component, std::unique_ptr<DocumentSource> source)
    : state_head_(component + " 1 "),  // version of the format, then the position
      source_(std::move(source)) {}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> DocumentComponent::next() {
  Document document;
  if (source_->next(document)) return tensors_of(document);
  for (const std::string& note : source_->notes()) log(GM_LOG_WARNING, note);
  throw EndOfData();
}

}  // namespace gistmill::dataset
