// A source of documents as a component: tensors out, the cursor as bytes, and at the end what is to be told.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include <gistmill/plugin.hpp>

#include "plugins/dataset/common/document_source.hpp"

namespace gistmill::dataset {

class DocumentComponent {
 public:
  // component: its name, which its saved positions begin with.
  DocumentComponent(const std::string& component, std::unique_ptr<DocumentSource> source);

  std::string digest() { return source_->digest(); }

  // text u8[B], name u8[M], split i32[], file u8[F], file_digest u8[G]: one document a call, then EndOfData.
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> next();

  std::string save_state() const { return position_state(state_head_, source_->position()); }
  void load_state(std::string_view state) { source_->seek(position_of(state_head_, state)); }

 private:
  std::string state_head_;
  std::unique_ptr<DocumentSource> source_;
};

}  // namespace gistmill::dataset
